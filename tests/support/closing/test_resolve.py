"""A ticket is resolved with a reply, for a reason that the evidence shows."""

from __future__ import annotations

from typing import Any

import pytest

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict
from support.clocks import queries as clocks
from support.closing.actions import resolve
from support.escalations.actions.features import log_feature
from support.escalations.models import EngineeringCase
from support.knowledge.models import KnownIssue
from support.replies.actions.drafting import begin_draft
from support.replies.models import Draft
from support.tickets.actions.merging import merge
from support.tickets.models import Message, Ticket
from tests.factories.desk import open_for
from tests.factories.investigated import investigated
from tests.support.replies.conftest import edit


def now(ticket: Ticket) -> int:
    return Ticket.objects.get(pk=ticket.pk).revision


def end(act: Any, draft: Draft) -> Message:
    return resolve(act, ticket=draft.ticket, revision=now(draft.ticket), draft_revision=draft.revision)


def refused(call: Any, reason: Reason) -> StateConflict:
    with pytest.raises(StateConflict) as caught:
        call()
    assert caught.value.reason is reason
    return caught.value


@pytest.fixture
def resolving(write: Any, act_as: Any) -> Draft:
    draft = write("plan")
    return edit(act_as("agent"), draft, follow_up="plan_constraint")


def test_the_reply_is_sent_and_the_ticket_resolved(ticket, resolving, act_as, events):
    act = act_as("agent")
    message = end(act, resolving)
    ticket.refresh_from_db()
    assert (ticket.state, ticket.close_reason, ticket.is_confirmed) == ("resolved", "plan_constraint", None)
    assert ticket.resolved_at is not None
    assert message.kind == "reply"
    [event] = events(request_id=act.request_id)
    assert (event.action, event.ticket_ref) == ("support.ticket.resolve", ticket.ref)
    open_clocks = [one for one in clocks.states([ticket.pk], ticket.resolved_at)[ticket.pk] if one.is_open]
    assert open_clocks == []


def test_a_plan_limit_is_not_resolved_as_anything_else(ticket, resolving, act_as):
    for reason in ("solved", "expected", "configuration", "exception_refused", "outside_scope"):
        resolving = edit(act_as("agent"), resolving, follow_up=reason)
        refusal = refused(lambda draft=resolving: end(act_as("agent"), draft), Reason.NOT_DETERMINABLE)
        assert refusal.details["missing"]
    ticket.refresh_from_db()
    assert ticket.state == "investigating"
    assert not Message.objects.filter(ticket=ticket, kind="reply").exists()


def test_passing_to_sales_needs_the_referral(resolving, act_as):
    draft = edit(act_as("agent"), resolving, follow_up="commercial_routed")
    refusal = refused(lambda: end(act_as("agent"), draft), Reason.NOT_DETERMINABLE)
    assert "sales" in refusal.details["missing"][0]


def test_a_known_issue_is_linked_first(ticket, resolving, act_as):
    Ticket.objects.filter(pk=ticket.pk).update(category="D")
    draft = edit(act_as("agent"), resolving, follow_up="known_issue")
    refused(lambda: end(act_as("agent"), draft), Reason.NOT_DETERMINABLE)
    issue = KnownIssue.objects.create(ref="KI-0001", title="Known", code="PLAN_LIMIT_EXCEEDED")
    Ticket.objects.filter(pk=ticket.pk).update(known_issue=issue)
    assert end(act_as("agent"), draft)


def test_a_resolution_is_checked_like_any_reply(ticket, resolving, act_as):
    bad = edit(
        act_as("agent"), resolving, text=resolving.text + "\n\nWe will correct the quantity in the ledger."
    )
    refused(lambda: end(act_as("agent"), bad), Reason.PHRASE_BLOCKED)
    Ticket.objects.filter(pk=ticket.pk).update(severity=2)
    good = edit(act_as("agent"), bad, text=resolving.text)
    refused(lambda: end(act_as("agent"), good), Reason.APPROVAL_MISSING)


def test_a_draft_that_goes_on_does_not_resolve(write, act_as):
    refused(lambda: end(act_as("agent"), write("plan")), Reason.TICKET_STATE)


def test_it_is_resolved_as_the_agent_saw_it(resolving, act_as):
    act = act_as("agent")
    refused(
        lambda: resolve(
            act,
            ticket=resolving.ticket,
            revision=now(resolving.ticket) - 1,
            draft_revision=resolving.revision,
        ),
        Reason.TICKET_CHANGED,
    )
    refused(
        lambda: resolve(
            act,
            ticket=resolving.ticket,
            revision=now(resolving.ticket),
            draft_revision=resolving.revision - 1,
        ),
        Reason.TICKET_CHANGED,
    )


def test_other_roles_cannot_resolve(resolving, act_as):
    with pytest.raises(PermissionDenied):
        end(act_as("operator"), resolving)


@pytest.mark.parametrize(
    ("determined", "template", "follow_up"),
    [
        ("exception_refused", "exception_refused", "go_on"),
        ("feature_request", "feature_logged", "plan_constraint"),
    ],
)
def test_a_plan_ticket_about_a_wish_ends_as_a_plan_limit(tenant, act_as, determined, template, follow_up):
    ticket = open_for(tenant, subject="More hubs, please", text="Just once?", reporter="u-owner00000")
    for state in ("triaged", "investigating"):
        Ticket.objects.filter(pk=ticket.pk).update(state=state, category="C", severity=3)
    investigated(ticket, determined=determined)
    if determined == "feature_request":
        log_feature(
            act_as("agent"),
            ticket=ticket,
            title="More hubs",
            segment="free",
            use_case="Two places.",
            impact="None.",
        )
    draft = begin_draft(act_as("agent"), ticket=ticket, template=template)
    assert draft.follow_up == follow_up
    end(act_as("agent"), edit(act_as("agent"), draft, follow_up="plan_constraint"))
    ticket.refresh_from_db()
    assert (ticket.state, ticket.close_reason) == ("resolved", "plan_constraint")


def test_nothing_is_resolved_while_engineering_works_on_a_merged_ticket(ticket, resolving, act_as):
    other = open_for(ticket.tenant, subject="Another", text="It was refused too.")
    Ticket.objects.filter(pk=other.pk).update(state="triaged", category="C", severity=3)
    EngineeringCase.objects.create(
        number=1, ticket=other, criterion="integrity", hand_over={}, checklist=[], proposed_by="u-agent",
        request_id="tests-1",
    )  # fmt: skip
    merge(act_as("agent"), ticket=other, into=ticket, revision=now(other))
    refusal = refused(lambda: end(act_as("agent"), resolving), Reason.NOT_DETERMINABLE)
    assert "Engineering" in refusal.details["missing"][0]
