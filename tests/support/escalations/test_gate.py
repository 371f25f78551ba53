"""The gate in front of engineering: each missing item alone, and everything that is never escalated."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support.escalations import rules
from support.escalations.rules import Check, Claim, Fact

WHEN = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
FAILED = Fact(
    tenant=7,
    request_id="acacia-1",
    occurred_at=WHEN,
    outcome="failed",
    code="",
    is_event=True,
    is_proved=True,
)
#: It failed again, so it can be reproduced.
AGAIN = replace(FAILED, request_id="acacia-9")
ENTERED = {
    "reproduction": "Open the report twice.",
    "affected": "1",
    "impact": "No report.",
    "tried": "Again.",
}
#: A claim that passes the gate.
COMPLETE = Claim(
    criterion="determinism",
    tenant=7,
    category="H",
    severity=3,
    step=5,
    determination="guarantee_violated",
    request_id="acacia-1",
    request_tenant=7,
    facts=[FAILED, AGAIN],
    checks=[],
    mismatches=0,
    entered=ENTERED,
    confirmed=frozenset(rules.CHECKS),
)
PLAN = replace(FAILED, outcome="refused", code="PLAN_LIMIT_EXCEEDED")
#: Each item alone: what is changed, and the one key that the gate then names.
ALONE: list[tuple[dict[str, Any], str]] = [
    ({"criterion": ""}, "criterion"),
    ({"criterion": "the customer asked"}, "criterion"),
    ({"facts": [replace(FAILED, outcome="allowed")]}, "support"),
    ({"facts": [FAILED]}, "support"),
    (
        {
            "tenant": None,
            "request_tenant": None,
            "facts": [replace(FAILED, tenant=None), replace(AGAIN, tenant=None)],
        },
        "tenant",
    ),
    ({"step": 2}, "step"),
    ({"request_id": ""}, "request_id"),
    ({"request_tenant": 8}, "request_tenant"),
    ({"facts": [FAILED, AGAIN, replace(FAILED, tenant=8)]}, "evidence_tenant"),
    ({"facts": [], "checks": [Check("ledger", is_violated=True)]}, "evidence"),
    (
        {"facts": [replace(FAILED, is_event=False)], "checks": [Check("ledger", is_violated=True)]},
        "evidence",
    ),
    (
        {"facts": [replace(one, is_proved=False, problem="The hash differs.") for one in (FAILED, AGAIN)]},
        "proof",
    ),
    ({"facts": [replace(FAILED, request_id="acacia-2"), AGAIN]}, "request_event"),
    *(({"confirmed": frozenset(rules.CHECKS) - {key}}, key) for key in rules.CHECKS),
    *(({"entered": ENTERED | {key: "  "}}, key) for key in rules.ENTERED),
]


def keys(claim: Claim) -> list[str]:
    return [one.key for one in rules.missing(claim)]


def test_a_complete_claim_passes():
    assert keys(COMPLETE) == []
    assert rules.never_escalated(COMPLETE) is None


@pytest.mark.parametrize(("change", "key"), ALONE, ids=[f"{key}-{n}" for n, (_c, key) in enumerate(ALONE)])
def test_names_exactly_the_missing_item(change, key):
    assert keys(replace(COMPLETE, **change)) == [key]


def test_names_all_that_is_missing_at_once():
    nothing = Claim("", None, "H", None, 0, "", "", None, [], [], 0)
    assert keys(nothing) == [
        "criterion", "tenant", "step", "request_id", "evidence", *rules.CHECKS, *rules.ENTERED,
    ]  # fmt: skip


def test_only_a_suspected_bug_needs_steps_that_reproduce_it():
    assert keys(replace(COMPLETE, category="E", entered=ENTERED | {"reproduction": ""})) == []


@pytest.mark.parametrize("criterion", ["guarantee", "determinism", "integrity"])
def test_a_violated_guarantee_supports_every_criterion(criterion):
    claim = replace(COMPLETE, criterion=criterion, facts=[replace(FAILED, outcome="allowed")])
    assert keys(claim) == ["support"]
    assert keys(replace(claim, checks=[Check("ledger", is_violated=False)])) == ["support"]
    assert keys(replace(claim, checks=[Check("ledger", is_violated=True)])) == []


def test_a_silent_failure_is_a_violated_guarantee():
    """The trail says allowed, and the facts contradict the report."""
    claim = replace(COMPLETE, criterion="guarantee", facts=[replace(FAILED, outcome="allowed")])
    assert keys(replace(claim, mismatches=1)) == []


def test_severity_1_supports_a_risk_for_integrity_only():
    quiet = replace(COMPLETE, facts=[replace(FAILED, outcome="allowed")], severity=1)
    assert keys(replace(quiet, criterion="integrity")) == []
    assert keys(replace(quiet, criterion="determinism")) == ["support"]


@pytest.mark.parametrize(
    ("change", "route"),
    [
        ({"facts": [PLAN]}, "commercial"),
        ({"facts": [replace(PLAN, code="PERMISSION_DENIED")]}, "reply"),
        ({"facts": [replace(PLAN, code="VALIDATION_FAILED")]}, "reply"),
        ({"facts": [replace(PLAN, code="AUTH_REQUIRED")]}, "reply"),
        ({"facts": [PLAN, replace(PLAN, code="VALIDATION_FAILED")]}, "commercial"),
        ({"facts": [replace(PLAN, code="ROUTE_NOT_FOUND")]}, "reply"),
        ({"facts": [replace(PLAN, code="STATE_CONFLICT")]}, "reply"),
        ({"facts": [PLAN, replace(PLAN, code="", outcome="allowed")], "mismatches": 1}, "commercial"),
        ({"facts": [FAILED]}, "not_reproducible"),
        ({"determination": "plan"}, "commercial"),
        ({"determination": "rbac"}, "reply"),
        ({"determination": "validation"}, "reply"),
        ({"determination": "feature_request"}, "feature"),
        ({"determination": "exception_refused"}, "reply"),
        ({"known_issue_with_workaround": "KI-3"}, "known_issue"),
    ],
)
def test_is_never_escalated_but_offered_its_route(change, route):
    found = rules.never_escalated(replace(COMPLETE, **change))
    assert found is not None
    assert found.name == route
    assert found.text.endswith(".")


def test_one_failed_request_is_a_case_if_much_depends_on_it():
    """Severity 1 and 2 do not wait for a second failure, and a fact that contradicts the report is a finding."""
    assert rules.never_escalated(replace(COMPLETE, facts=[FAILED], severity=2)) is None
    assert rules.never_escalated(replace(COMPLETE, facts=[FAILED], mismatches=1)) is None


def test_a_wish_of_the_customer_opens_nothing():
    wished = replace(COMPLETE, confirmed=frozenset({rules.WISH}))
    assert keys(wished) == list(rules.CHECKS)
    assert keys(replace(COMPLETE, criterion="", confirmed=COMPLETE.confirmed | {rules.WISH})) == ["criterion"]


def test_an_event_that_is_no_rule_at_work_opens_the_gate():
    """A refusal beside a failed request may be part of the case."""
    assert rules.never_escalated(replace(COMPLETE, facts=[PLAN, FAILED])) is None


def test_a_violated_guarantee_goes_through_the_gate_whatever_the_code():
    claim = replace(COMPLETE, facts=[PLAN], determination="plan", checks=[Check("plan", is_violated=True)])
    assert rules.never_escalated(claim) is None
    assert keys(claim) == []


def test_times_come_from_verified_events_only():
    later = replace(FAILED, occurred_at=WHEN + timedelta(minutes=5), is_proved=False)
    assert rules.times([FAILED, later]) == ["2026-11-02T09:30:00+00:00"]
