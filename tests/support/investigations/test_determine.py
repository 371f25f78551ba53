"""A determination can only be chosen if its condition holds on linked events and on what the tenant's data say."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django_tenants.utils import tenant_context

from asora.accounts.models import SignInAttempt
from asora.kernel.refusals import PermissionDenied, Reason, Refusal
from audit.events.models import Event
from plans.models import Tenant
from support.access.actions import end_access
from support.investigations.actions.results import check_guarantees, determine
from support.investigations.actions.steps import go_back
from support.investigations.determinations import CRITERIA, DETERMINATIONS, offered
from support.investigations.models import Determination, DeterminationEvidence
from support.tickets.models import Category, Ticket
from tests.support.evidence.scene import Scene
from tests.support.investigations.case import Case, case, request_information


def refused(made: Case, key: str, reason: Reason = Reason.NOT_DETERMINABLE) -> Refusal:
    """The refusal of a determination; no row is left."""
    before = Determination.objects.count()
    with pytest.raises(Refusal) as caught:
        determine(made.agent, ticket=made.ticket, key=key)
    assert caught.value.reason is reason
    assert Determination.objects.count() == before
    return caught.value


def recategorised(made: Case, category: str) -> Case:
    Ticket.objects.filter(pk=made.ticket.pk).update(category=category)
    request_information(Ticket.objects.get(pk=made.ticket.pk))
    return made


def test_a_permission_is_determined_on_its_event(rbac: Case, events: Any) -> None:
    rbac.upto(5)
    determine(rbac.agent, ticket=rbac.ticket, key="rbac")
    progress = rbac.progress
    assert progress.determined == "rbac"
    assert progress.facts["permission"] == "inventory.manage"
    assert progress.facts["request_id"] == rbac.event.request_id
    [entry] = DeterminationEvidence.objects.all()
    assert entry.link.record == str(rbac.event.pk)
    [event] = events(action="support.investigation.determine")
    assert event.changes[0]["after"]["determination"] == "rbac"
    assert event.ticket_ref == rbac.ticket.ref


@pytest.mark.parametrize(
    "key", sorted(set(DETERMINATIONS) - {"rbac", "exception_refused", "feature_request", "outside_scope"})
)
def test_no_other_determination_holds_on_a_missing_permission(rbac: Case, key: str) -> None:
    """A plan's limit needs an event with PLAN_LIMIT_EXCEEDED, a violated guarantee a check that found it, and so on."""
    recategorised(rbac.upto(5), DETERMINATIONS[key].categories[0])
    refusal = refused(rbac, key)
    assert len(refusal.details["missing"]) == 1
    assert refusal.details["missing"][0]


def test_a_determination_of_another_category_is_refused(rbac: Case) -> None:
    refused(recategorised(rbac.upto(5), "C"), "rbac")
    refused(rbac, "nonsense", Reason.INVALID_INPUT)


@pytest.mark.parametrize("done", range(5))
def test_a_determination_comes_after_the_five_steps(rbac: Case, done: int) -> None:
    refusal = refused(rbac.upto(done), "rbac", Reason.STEP_MISSING)
    assert len(refusal.details["missing"]) == 5 - done


def test_a_new_round_needs_a_new_determination(rbac: Case) -> None:
    rbac.upto(5)
    determine(rbac.agent, ticket=rbac.ticket, key="rbac")
    go_back(rbac.agent, ticket=rbac.ticket, to=5, why="new_information")
    assert rbac.progress.determined == ""
    assert rbac.progress.step == 4
    refused(rbac, "rbac", Reason.STEP_MISSING)


def test_a_session_is_needed(rbac: Case) -> None:
    rbac.upto(5)
    end_access(rbac.agent, session=rbac.desk.session)
    refused(rbac, "rbac", Reason.ACCESS_NOT_OPEN)


@pytest.mark.parametrize("role", ["operator", "platform_lead"])
def test_only_the_desk_determines(rbac: Case, act_as: Any, role: str) -> None:
    rbac.upto(5)
    with pytest.raises(PermissionDenied):
        determine(act_as(role), ticket=rbac.ticket, key="rbac")


def test_an_exception_is_refused_on_the_question_or_the_rule(rbac: Case) -> None:
    determine(rbac.upto(5).agent, ticket=rbac.ticket, key="exception_refused")
    assert rbac.progress.determined == "exception_refused"
    assert rbac.progress.facts["rule"] == "inventory.manage"


def test_evidence_of_an_earlier_round_is_not_that_of_a_determination(rbac: Case, desk: Scene) -> None:
    rbac.upto(5)
    other = desk.link(desk.refuse("manager"))
    made = determine(rbac.agent, ticket=rbac.ticket, key="rbac")
    with pytest.raises(IntegrityError), transaction.atomic():
        DeterminationEvidence(determination=made, link=other).save()


def test_input_that_is_not_valid_is_determined_with_its_fields(desk: Scene) -> None:
    made = case(desk, desk.refuse("manager", sku=""), category="D").upto(5)
    determine(made.agent, ticket=made.ticket, key="validation")
    assert "sku" in made.progress.facts["fields"]


def test_guarantees_are_checked_and_hold(rbac: Case) -> None:
    recategorised(rbac, "H").upto(5)
    rbac.desk.seal()
    refused(rbac, "guarantees_hold")
    check_guarantees(rbac.agent, ticket=rbac.ticket)
    found = {check.guarantee: check.outcome for check in rbac.progress.checks}
    assert found == {
        "event_unchanged": "holds",
        "ledger_replays": "unknown",
        "refusal_wrote_nothing": "holds",
        "posting_complete": "unknown",
        "outbound_only": "unknown",
        "same_decision": "holds",
        "same_export": "unknown",
    }
    for key in CRITERIA:
        refused(rbac, key)
    determine(rbac.agent, ticket=rbac.ticket, key="guarantees_hold")


def test_an_event_that_changed_is_a_risk_and_stops_every_other_determination(rbac: Case) -> None:
    recategorised(rbac, "H").upto(5)
    rbac.desk.seal()
    with tenant_context(rbac.desk.tenant), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_event SET message = 'Other' WHERE id = %s", [rbac.event.pk])
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    refused(rbac, "rbac", Reason.EVIDENCE_DIFFERS)
    check_guarantees(rbac.agent, ticket=rbac.ticket)
    determine(rbac.agent, ticket=rbac.ticket, key="integrity_risk")
    assert rbac.progress.facts["guarantees"] == ["event_unchanged"]


def test_a_decision_that_the_facts_do_not_lead_to_breaks_determinism(rbac: Case, monkeypatch: Any) -> None:
    recategorised(rbac, "H").upto(3)
    monkeypatch.setattr(
        "support.investigations.readings.guarantees.granted", lambda **_values: {"inventory.manage"}
    )
    check_guarantees(rbac.agent, ticket=rbac.ticket)
    rbac.upto(5)
    determine(rbac.agent, ticket=rbac.ticket, key="determinism_broken")


def test_checks_need_linked_evidence(rbac: Case) -> None:
    rbac.upto(2)
    with pytest.raises(Refusal) as caught:
        check_guarantees(rbac.agent, ticket=rbac.ticket)
    assert caught.value.reason is Reason.STEP_MISSING


def test_each_category_offers_a_result_and_the_two_routes_out(public: Tenant) -> None:
    for category in Category.values:
        keys = {one.key for one in offered(category)}
        assert {"exception_refused", "feature_request", "outside_scope"} < keys
    assert [one.key for one in offered("")] == []
    assert {one.key for one in offered("E")} >= {
        "expectation_mismatch", "unrecorded_movement", "reconciled_adjustment",
    }  # fmt: skip


def test_each_determination_says_what_it_asks(public: Tenant) -> None:
    for one in DETERMINATIONS.values():
        assert str(one.label)
        assert str(one.asks).endswith(".")
        assert set(one.categories) <= set(Category.values)


def test_a_sign_in_attempt_determines_that_nobody_was_signed_in(desk: Scene) -> None:
    with tenant_context(desk.tenant):
        desk.client_as("").post("/sign-in/", {"email": "viewer@example.com", "password": "wrong"})
        attempt = SignInAttempt.objects.get()
        event = Event(request_id=attempt.request_id, code="AUTH_REQUIRED", action="accounts.sign_in")
    made = case(desk, event, category="A").upto(2)
    made.step(3, records=[attempt.ref])
    made.upto(5)
    determine(made.agent, ticket=made.ticket, key="authentication")
    assert made.progress.facts["reason"] == "BAD_CREDENTIALS"
    assert not any(link.kind == "event" for link in made.progress.links), "an attempt is never a sealed event"
