"""The conditions of determinations over made-up events: each code leads to its own determination and to no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from asora.kernel.refusals import CODES
from support.investigations import rules
from support.investigations.conditions import Known
from support.investigations.determinations import CRITERIA, DETERMINATIONS, GUARANTEES
from support.investigations.playbooks import PLAYBOOKS, Seen, checks_of
from support.investigations.readings.guarantees import decide_again
from support.investigations.rules import Linked

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
BY_CODE = {
    "AUTH_REQUIRED": "authentication",
    "PERMISSION_DENIED": "rbac",
    "ROUTE_NOT_FOUND": "validation",
    "STATE_CONFLICT": "state_conflict",
    "VALIDATION_FAILED": "validation",
    "PLAN_LIMIT_EXCEEDED": "plan",
}


def link(outcome: str = "refused", *, minutes: int = 0, request: str = "acacia-1", **values: Any) -> Linked:
    given = {"action": "inventory.item.create", "facts": {}} | values
    moment = NOON + timedelta(minutes=minutes)
    return Linked(id=f"{request}-{minutes}", request_id=request, occurred_at=moment, outcome=outcome, **given)


def holds(key: str, *links: Linked, **known: Any) -> bool:
    return DETERMINATIONS[key].verdict(Known(links=links, **known)).holds


def test_every_code_has_its_determination() -> None:
    assert set(BY_CODE) == {one.code for one in CODES}


@pytest.mark.parametrize("code", BY_CODE)
def test_a_code_leads_to_its_determination_only(code: str) -> None:
    event = link(code=code, reason="ANY")
    assert {key for key in set(BY_CODE.values()) if holds(key, event)} == {BY_CODE[code]}
    assert not holds(BY_CODE[code], link("allowed", code=code)), "only a refusal counts"


def test_the_fact_of_a_plan_names_limit_and_usage() -> None:
    event = link(code="PLAN_LIMIT_EXCEEDED", rule="plans.items", facts={"limit": 10, "usage": 10})
    verdict = DETERMINATIONS["plan"].verdict(Known(links=[event]))
    assert (verdict.links, verdict.facts["limit"], verdict.facts["usage"]) == ((event.id,), 10, 10)


def test_the_deciding_event_is_the_latest_that_stopped() -> None:
    early, late = link(minutes=1, code="PERMISSION_DENIED"), link(minutes=2, code="VALIDATION_FAILED")
    after = link("allowed", minutes=3)
    assert rules.deciding([after, late, early]) == late
    assert rules.deciding([link("allowed"), after]) == after


def test_an_interpretation_reads_the_ladder() -> None:
    gates = [["authenticated", "passed"], ["permitted", "stopped"]]
    facts = {"gates": gates, "permission": "inventory.manage", "roles": ["viewer"], "fields": {"sku": []}}
    said = rules.interpret(link(code="PERMISSION_DENIED", facts=facts))
    assert (said.gate, said.permission, said.roles, said.fields) == (
        "permitted", "inventory.manage", ("viewer",), ("sku",),
    )  # fmt: skip
    assert said.time_utc == "2026-11-28 12:00:00 UTC"
    assert "limit" not in said.as_json()


def test_one_error_is_an_error_and_two_break_determinism() -> None:
    first, same = link("failed"), link("failed", minutes=1)
    again, other = (
        link("failed", request="acacia-2"),
        link("failed", request="acacia-3", action="ledger.issue.post"),
    )
    assert holds("error", first)
    assert not holds("determinism_broken", first, same), "one request can fail once"
    assert not holds("determinism_broken", first, other), "another action is another error"
    assert holds("determinism_broken", first, again)


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_a_violated_guarantee_means_its_criterion_and_no_other(guarantee: str) -> None:
    checks = dict.fromkeys(GUARANTEES, "holds") | {guarantee: "violated"}
    found = {key for key in CRITERIA if holds(key, link(), checks=checks)}
    assert found == {GUARANTEES[guarantee].criterion}
    assert not holds("guarantees_hold", link(), checks=checks)


def test_what_could_not_be_checked_does_not_hold() -> None:
    assert not holds("guarantees_hold", link(), checks=dict.fromkeys(GUARANTEES, "unknown"))
    assert not holds("guarantees_hold", link(), checks={})


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"limit": 10, "usage": 10, "asked": 1}, True),
        ({"limit": 10, "usage": 9, "asked": 1}, False),
        ({"limit": 10, "usage": 9, "asked": 2}, True),
        ({"limit": 10}, None),
    ],
)
def test_a_ceiling_is_decided_again_by_its_figures(facts: dict[str, int], expected: bool | None) -> None:
    event = link(code="PLAN_LIMIT_EXCEEDED", reason="PLAN_ITEMS", facts=facts)
    assert decide_again(event, role_model="standard") is expected


@pytest.mark.parametrize(("role", "expected"), [("viewer", True), ("manager", False)])
def test_a_permission_is_decided_again_by_the_table_of_roles(role: str, expected: bool) -> None:
    facts = {"permission": "inventory.manage", "roles": [role]}
    event = link(code="PERMISSION_DENIED", reason="ROLE_LACKS_PERMISSION", facts=facts)
    assert decide_again(event, role_model="standard") is expected


@pytest.mark.parametrize("category", PLAYBOOKS)
def test_each_category_has_a_playbook_with_checks(category: str) -> None:
    checks = checks_of(category, Seen(link(code="PERMISSION_DENIED")))
    assert checks
    assert all(check.verdict in {"passed", "failed", "unknown"} for check in checks)
    assert PLAYBOOKS[category].explain


def test_missing_steps_are_named_in_order() -> None:
    assert rules.missing_before(4, done=1) == (2, 3)
    assert rules.missing_before(1, done=0) == ()
