"""Every line of the support manual has a test that shows it. A line without one fails here.

The lines are those of the manual that the desk works by (`support.knowledge.manuals`). A test that does not exist is
found by its name.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from support.knowledge.manuals import clauses

TESTS = Path(__file__).parents[1]

#: Test → the lines that it shows. A path is below tests/.
SHOWS: dict[str, str] = {
    # The manual itself
    "support/knowledge/test_manuals.py::test_no_line_is_left_out": "0.1",
    # What support is: it explains, and cannot change anything
    "support/test_no_write_path.py::test_every_statement_is_refused_where_the_desk_reads": "1.02 1.04 9.05 9.06",
    "support/test_database_role.py::test_every_schema_has_exactly_the_listed_rights": "1.05",
    "support/test_inside.py::test_any_other_address_is_refused_and_the_tenant_sees_the_attempt": "1.03",
    "support/replies/test_phrase_rules.py::test_every_rule_stops_a_reply": (
        "1.06 1.14 3A.13 3A.14 3A.15 3B.14 3E.08 8.4 8.7 8.8 9.07 9.08 9.11"
    ),
    "support/desk/test_rules_page.py::test_names_what_the_desk_does_and_never_does": "1.01 1.19 9.09 9.12",
    "support/replies/test_send.py::test_a_reply_names_the_rule_the_outcome_and_the_request": (
        "1.07 3A.10 3A.11 3A.12 8.2 9.01"
    ),
    "support/replies/test_send.py::test_its_evidence_is_attached_as_footnotes": "1.18 5.3c",
    "support/evidence/test_read.py::test_reads_a_refusal_with_everything_that_decided_it": "1.08 1.12 2B.04",
    "support/knowledge/test_reply_templates.py::test_each_determination_has_a_template_in_each_of_its_categories": (
        "1.09 5.4b 9.02"
    ),
    "support/escalations/test_other_routes.py::test_a_referral_has_the_plan_and_its_usage": "1.10 1.15 3E.06 9.04",
    "support/escalations/test_cases.py::test_a_rule_that_worked_is_never_a_case": "1.11 7.09 7.10",
    "support/escalations/test_gate.py::test_is_never_escalated_but_offered_its_route": "1.16 7.08 7.11",
    "ledger/test_verify_ledger.py::test_finds_a_lie": "1.13",
    "audit/test_every_action.py::test_what_is_refused_says_all": "1.17",
    # Intake: exactly one category, what it needs, and the first answer in time
    "support/tickets/test_classify.py::test_exactly_one_known_value_of_each_dimension": "2.1",
    "support/tickets/test_classify.py::test_the_event_suggests_the_category": (
        "2A.01 2A.02 2A.03 2B.01 2B.02 2C.01 2C.02 2C.03 2D.01 2D.02 2E.01 2F.01 2F.02 2G.01 2G.02 2H.01"
    ),
    "support/tickets/test_classify.py::test_each_category_lists_what_it_needs_until_it_is_given": (
        "2A.06 2A.07 2A.08 2B.05 2B.06 2B.07 2C.06 2C.07 2C.08 2D.05 2D.06 2E.04 2E.05 2F.05 2F.06 2F.07 2G.05 2G.06 "
        "2H.04 2H.05"
    ),
    "support/clocks/test_shipped.py::test_the_first_answer_of_each_category": (
        "2A.09 2B.08 2C.09 2D.07 2E.06 2F.08 2G.07 2H.06"
    ),
    "support/investigations/test_pages.py::test_the_first_checks_run_before_anything_is_linked": (
        "2B.03 2F.03 2F.04 2G.03 2G.04"
    ),
    "integrations/test_read_feed.py::test_a_wrong_token_reads_and_writes_nothing": "2A.04",
    "support/evidence/test_read.py::test_attempts_are_read_without_source_and_marked_as_not_sealed": "2A.05",
    "support/evidence/test_read.py::test_reads_the_limit_and_usage_of_the_plan": "2C.04 2C.05 3A.04",
    "support/evidence/test_read.py::test_reads_the_fields_of_an_invalid_form": "2D.03 2D.04",
    "support/evidence/test_read.py::test_candidates_for_a_quantity_are_the_requests_of_the_ledger": "2E.02",
    "support/investigations/test_determine.py::test_guarantees_are_checked_and_hold": "2H.02",
    "support/investigations/test_determine.py::test_a_decision_that_the_facts_do_not_lead_to_breaks_determinism": (
        "2H.03"
    ),
    # Playbook A
    "browser/test_playbooks.py::test_somebody_cannot_create_an_item": "3A.01 3A.02 3A.03",
    "support/investigations/test_determine.py::test_a_permission_is_determined_on_its_event": "3A.05 3A.08",
    "support/investigations/test_determine.py::test_input_that_is_not_valid_is_determined_with_its_fields": (
        "3A.06 3A.09"
    ),
    "support/investigations/test_conditions.py::test_the_fact_of_a_plan_names_limit_and_usage": "3A.07",
    # Playbook B
    "browser/test_playbooks.py::test_a_quantity_looks_wrong": "3B.01 3B.02",
    "support/investigations/test_playbooks.py::test_a_quantity_is_replayed_beside_the_shown_one": (
        "2E.03 3B.03 3B.04 3B.05 3B.06 3B.07 3B.09"
    ),
    "support/investigations/test_playbooks.py::test_the_customer_expected_another_quantity": "3B.11",
    "support/investigations/test_playbooks.py::test_a_refused_document_is_a_movement_that_was_not_recorded": "3B.12",
    "support/investigations/test_playbooks.py::test_an_adjustment_reconciled_it": "3B.13",
    # Playbook C
    "browser/test_playbooks.py::test_an_export_failed": "3C.01 3C.02 3C.03",
    "support/investigations/test_playbooks.py::test_an_export_is_derived_again_and_a_retry_is_recognised": (
        "3C.04 3C.05 3C.06 3C.07"
    ),
    # Playbook D
    "browser/test_playbooks.py::test_an_integration_does_not_work": "3D.01 3D.02 3D.03",
    "support/investigations/test_playbooks.py::test_an_integration_is_explained_by_its_dispatches": "3D.07",
    # Playbook E
    "browser/test_playbooks.py::test_a_customer_wants_an_exception": "3E.04 3E.05",
    "support/knowledge/test_reply_templates.py::test_the_explanations_are_in_their_templates": (
        "3B.08 3B.10 3D.04 3D.05 3D.06 3E.01 3E.02 3E.03"
    ),
    "support/escalations/test_other_routes.py::test_a_feature_request_is_logged_apart": "3E.07 7.12 7.13",
    # The codes
    "kernel/test_error_guide.py::test_each_code_has_an_entry": "4.1 4.2 4.3 4.4 4.5 4.6",
    "kernel/test_error_guide.py::test_a_refusal_page_and_the_knowledge_room_show_the_same_text": "9.03",
    # Severities
    "support/incidents/test_open.py::test_sev1_opens_an_incident_with_a_notice_and_calls_at_once": "5.1a 5.1b 5.1c",
    "support/incidents/test_open.py::test_sev2_calls_and_posts_a_status_update": "5.2a 5.2b 5.2c",
    "support/incidents/test_open.py::test_sev3_informs_and_sev4_calls_nobody": "5.3a 5.4a",
    "support/escalations/test_cases.py::test_a_second_person_passes_it_on": "5.3b",
    "support/knowledge/test_reply_templates.py::test_each_requirement_is_missed_alone": "5.4c 8.5",
    # The investigation
    "support/investigations/test_steps.py::test_five_steps_lead_from_the_tenant_to_the_report": "6.2 6.3 6.4 6.5 6.6",
    "support/investigations/test_steps.py::test_no_step_is_skipped_or_repeated": "6.1",
    "support/replies/test_send.py::test_nothing_but_a_holding_message_leaves_before_step_3": "6.7",
    "support/investigations/test_steps.py::test_a_screenshot_or_a_message_is_no_evidence": "6.8 6.9 9.10",
    # Escalation
    "support/escalations/test_gate.py::test_a_silent_failure_is_a_violated_guarantee": "7.01",
    "support/escalations/test_gate.py::test_a_violated_guarantee_supports_every_criterion": "7.02",
    "support/escalations/test_gate.py::test_severity_1_supports_a_risk_for_integrity_only": "7.03",
    "support/escalations/test_gate.py::test_names_exactly_the_missing_item": "7.04 7.05 7.07",
    "support/escalations/test_gate.py::test_times_come_from_verified_events_only": "7.06",
    # Communication
    "support/knowledge/test_reply_templates.py::test_a_template_uses_known_variables_and_careful_words": "8.1",
    "support/knowledge/test_phrases.py::test_blame_absolutes_and_speculation_only_warn": "8.3",
    "support/knowledge/test_phrases.py::test_a_condition_of_the_ticket_relaxes_one_rule": "8.6",
}  # fmt: skip


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of the tests of a module."""
    tree = ast.parse((TESTS / path).read_text())
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_every_line_has_a_test_that_shows_it():
    shown = {line for lines in SHOWS.values() for line in lines.split()}
    every = {clause.key: clause.text for clause in clauses("support-playbook")}
    assert len(every) > 150
    assert {key: text for key, text in every.items() if key not in shown} == {}
    assert shown <= set(every), "a line that the manual does not have"


@pytest.mark.parametrize("test", SHOWS)
def test_the_test_exists(test):
    path, _colons, name = test.partition("::")
    assert name in names_in(path)
