"""What each reason for resolving a ticket needs, and when reminders and closing are due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from support.closing.rules import Facts, missing_for, missing_to_close, schedule
from support.tickets.models import Ticket

Reason = Ticket.CloseReason
FITTING = {
    Reason.SOLVED: Facts("D", determined="validation"),
    Reason.CONFIGURATION: Facts("B", determined="rbac"),
    Reason.EXPECTED: Facts("E", determined="expectation_mismatch"),
    Reason.KNOWN_ISSUE: Facts("D", has_known_issue=True),
    Reason.PLAN_CONSTRAINT: Facts("C", determined="plan"),
    Reason.COMMERCIAL_ROUTED: Facts("C", determined="plan", has_referral=True),
    Reason.EXCEPTION_REFUSED: Facts("B", determined="exception_refused"),
    Reason.FEATURE_LOGGED: Facts("D", determined="feature_request", has_feature=True),
    Reason.OUTSIDE_SCOPE: Facts("H", determined="outside_scope"),
    Reason.NOT_REPRODUCIBLE: Facts("H", determined="guarantees_hold"),
    Reason.ENGINEERING_FIXED: Facts("H", has_solved_case=True),
    Reason.INCIDENT_RESOLVED: Facts("H", incident="resolved"),
}


def test_every_reason_has_facts_that_fit():
    assert set(FITTING) == set(Reason)


@pytest.mark.parametrize("reason", list(Reason))
def test_facts_that_fit_lack_nothing(reason):
    assert missing_for(reason, FITTING[reason]) == []


@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.SOLVED}))
def test_nothing_is_resolved_for_a_reason_that_the_facts_do_not_show(reason):
    assert len(missing_for(reason, Facts(FITTING[reason].category))) == 1


@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.PLAN_CONSTRAINT, Reason.COMMERCIAL_ROUTED}))
def test_a_plan_limit_ends_as_a_commercial_matter_only(reason):
    assert len(missing_for(reason, replace(FITTING[reason], category="C"))) == 1


def test_a_plan_ticket_about_an_exception_or_a_feature_ends_as_a_plan_limit():
    reason = Reason.PLAN_CONSTRAINT
    assert missing_for(reason, Facts("C", determined="exception_refused")) == []
    assert missing_for(reason, Facts("C", determined="feature_request", has_feature=True)) == []
    [lacks] = missing_for(reason, Facts("C", determined="feature_request"))
    assert "feature request" in lacks


@pytest.mark.parametrize("determined", ["exception_refused", "feature_request", "validation"])
@pytest.mark.parametrize("category", ["B", "H"])
def test_elsewhere_a_plan_limit_is_shown_by_the_evidence(category, determined):
    assert missing_for(Reason.PLAN_CONSTRAINT, Facts(category, determined=determined, has_feature=True))


@pytest.mark.parametrize("reason", list(Reason))
def test_nothing_is_resolved_while_engineering_works_on_it(reason):
    assert len(missing_for(reason, replace(FITTING[reason], has_open_case=True))) == 1


def test_an_incident_that_is_only_mitigated_is_not_over():
    assert missing_for(Reason.INCIDENT_RESOLVED, Facts("H", incident="mitigated"))


START = datetime(2026, 11, 2, 12, tzinfo=UTC)


def later(moment: datetime, days: int) -> datetime:
    """Every day is a business day."""
    return moment + timedelta(days=days)


def planned(reminders: int = 0, reminded: int | None = None) -> tuple[int | None, int]:
    """Days after the resolution: of the next reminder, and of closing."""
    found = schedule(
        resolved_at=START,
        reminders=reminders,
        reminded_at=None if reminded is None else later(START, reminded),
        later=later,
    )
    due = None if found.reminder_at is None else (found.reminder_at - START).days
    return due, (found.closes_at - START).days


def test_two_reminders_and_closing_after_five_days():
    assert planned() == (2, 5)
    assert planned(1, reminded=2) == (4, 5)
    assert planned(2, reminded=4) == (None, 5)


def test_late_reminders_put_off_the_closing():
    assert planned(1, reminded=9) == (10, 11)
    assert planned(2, reminded=10) == (None, 11)


@pytest.mark.parametrize(("reminders", "day", "lacks"), [(0, 5, 2), (1, 30, 2), (2, 4, 2), (2, 5, 0)])
def test_closing_needs_both_reminders_and_the_time(reminders, day, lacks):
    found = schedule(resolved_at=START, reminders=reminders, reminded_at=later(START, 4), later=later)
    found = replace(found, closes_at=later(START, 5))
    assert len(missing_to_close(found, reminders=reminders, now=later(START, day))) == lacks
