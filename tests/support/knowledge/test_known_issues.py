"""Known issues: who may change them, which events find them, and in which releases."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from support.knowledge import queries
from support.knowledge.actions.known_issues import add_issue, change_issue, fix_issue, withdraw_issue
from support.knowledge.models import KnownIssue

SIGNATURE = {"code": "STATE_CONFLICT", "action": "ledger.count.approve", "reason": "COUNT_STATE"}


@pytest.fixture
def lead(act_as: Any, public: Any) -> Any:
    return act_as("support_lead", tenant=public)


def refs(**event: str) -> list[str]:
    return [issue.ref for issue in queries.known_issues_for(**event)]


def test_an_issue_is_added_and_recorded(lead: Any, events: Any) -> None:
    issue = add_issue(lead, title=" Labels  are cut ", workaround="Use A4.", is_public=True, **SIGNATURE)
    assert (issue.ref, issue.title, issue.state) == ("KI-0001", "Labels are cut", "open")
    [event] = events(request_id=lead.request_id)
    assert event.changes[0]["after"]["reason"] == "COUNT_STATE"
    assert "A4" not in str(event.changes)
    assert add_issue(lead, title="Second", workaround="").ref == "KI-0002"


def test_agents_do_not_change_issues(lead: Any, act_as: Any, public: Any) -> None:
    agent = act_as("agent", tenant=public)
    issue = add_issue(lead, title="One", workaround="")
    for attempt in (
        lambda: add_issue(agent, title="Two", workaround=""),
        lambda: change_issue(agent, issue=issue, title="Two", workaround="", seen=1),
        lambda: fix_issue(agent, issue=issue, fixed_in="1.0.0", seen=1),
        lambda: withdraw_issue(agent, issue=issue, seen=1),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    assert KnownIssue.objects.get() == issue
    assert KnownIssue.objects.get().revision == 1


def test_exact_matches_come_first(lead: Any) -> None:
    whole = add_issue(lead, title="All conflicts", workaround="", code="STATE_CONFLICT")
    exact = add_issue(lead, title="This conflict", workaround="", **SIGNATURE)
    other = add_issue(lead, title="Other", workaround="", code="STATE_CONFLICT", reason="FREEZE_ACTIVE")
    add_issue(lead, title="Without an event", workaround="")
    assert refs(**SIGNATURE) == [exact.ref, whole.ref]
    assert queries.is_exact(exact, action=SIGNATURE["action"], reason=SIGNATURE["reason"])
    assert not queries.is_exact(whole, action=SIGNATURE["action"], reason=SIGNATURE["reason"])
    assert refs(code="STATE_CONFLICT", reason="FREEZE_ACTIVE") == [whole.ref, other.ref]
    assert refs(code="PLAN_LIMIT_EXCEEDED") == []
    assert refs(code="") == []


@pytest.mark.parametrize(
    ("release", "is_found"),
    [("", True), ("1.3.9", False), ("1.4.0", True), ("1.10.0", True), ("v1.4.1", True), ("0.9.0", False)],
)
def test_an_issue_is_offered_for_affected_releases(lead: Any, release: str, *, is_found: bool) -> None:
    add_issue(lead, title="One", workaround="", since_release="1.4.0", **SIGNATURE)
    assert bool(refs(**SIGNATURE, release=release)) is is_found


def test_a_fixed_or_withdrawn_issue_is_not_offered_and_not_changed(lead: Any) -> None:
    fixed = fix_issue(
        lead, issue=add_issue(lead, title="One", workaround="", **SIGNATURE), fixed_in="1.5.0", seen=1
    )
    gone = withdraw_issue(lead, issue=add_issue(lead, title="Two", workaround="", **SIGNATURE), seen=1)
    assert (fixed.state, fixed.fixed_in, fixed.revision) == ("fixed", "1.5.0", 2)
    assert refs(**SIGNATURE) == []
    for issue in (fixed, gone):
        with pytest.raises(StateConflict) as refused:
            change_issue(lead, issue=issue, title="Three", workaround="", seen=2)
        assert refused.value.reason == Reason.NOT_ACTIVE


def test_what_another_person_changed_is_not_overwritten(lead: Any) -> None:
    issue = add_issue(lead, title="One", workaround="")
    change_issue(lead, issue=issue, title="Two", workaround="", seen=1)
    with pytest.raises(StateConflict) as refused:
        change_issue(lead, issue=issue, title="Three", workaround="", seen=1)
    assert refused.value.reason == Reason.STALE_FORM
    assert KnownIssue.objects.get().title == "Two"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 161}, "title"),
        ({"code": "TEAPOT"}, "code"),
        ({"action": "no.such.action", "code": "STATE_CONFLICT"}, "action"),
        ({"reason": "NO_SUCH_REASON", "code": "STATE_CONFLICT"}, "reason"),
        ({"reason": "COUNT_STATE"}, "code"),
        ({"since_release": "spring"}, "since_release"),
        ({"workaround": "x" * 4_001}, "workaround"),
    ],
)
def test_invalid_values_are_refused(lead: Any, changed: dict[str, str], field: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        add_issue(lead, **{"title": "One", "workaround": "", **changed})
    assert list(refused.value.details["fields"]) == [field]
    assert not KnownIssue.objects.exists()


def test_a_fix_names_its_release(lead: Any) -> None:
    issue = add_issue(lead, title="One", workaround="")
    for text in ("", "soon"):
        with pytest.raises(ValidationFailed):
            fix_issue(lead, issue=issue, fixed_in=text, seen=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        KnownIssue.objects.filter(pk=issue.pk).update(state="fixed")


def test_the_pages(lead: Any, client_as: Any, public: Any) -> None:
    agent, browser = client_as("agent"), client_as("support_lead")
    data = {"title": "Labels are cut", "workaround": "Use **A4**.", "seen": "0", **SIGNATURE}
    assert agent.post("/support/known-issues/new/", data).status_code == 403
    assert browser.post("/support/known-issues/new/", data).status_code == 302
    assert "<strong>A4</strong>" in agent.get("/support/known-issues/KI-0001/").content.decode()
    assert "Record the fix" not in agent.get("/support/known-issues/KI-0001/").content.decode()
    assert "KI-0001" in agent.get("/support/known-issues/?q=labels").content.decode()
    assert "KI-0001" not in agent.get("/support/known-issues/?q=unheard-of").content.decode()
    changed = {**data, "title": "Labels", "seen": "1"}
    assert browser.post("/support/known-issues/KI-0001/edit/", changed).status_code == 302
    stale = browser.post("/support/known-issues/KI-0001/edit/", {**data, "title": "Typed", "seen": "1"})
    assert stale.status_code == 409
    assert "Typed" in stale.content.decode()
    missing = browser.post("/support/known-issues/KI-0001/fix/", {"seen": "2", "fixed_in": "soon"})
    assert missing.status_code == 400
    assert (
        browser.post("/support/known-issues/KI-0001/fix/", {"seen": "2", "fixed_in": "1.5.0"}).status_code
        == 302
    )
    assert "KI-0001" in agent.get("/support/known-issues/?state=fixed").content.decode()
    assert agent.get("/support/known-issues/KI-9999/").status_code == 404
