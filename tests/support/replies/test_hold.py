"""What may leave before there is evidence: the acknowledgement, and the request for what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from asora.kernel.refusals import PermissionDenied, Reason, RouteNotFound, StateConflict
from plans.models import Tenant
from support.clocks import queries as clocks
from support.clocks import recording
from support.knowledge.models import KnownIssue
from support.replies.actions.holding import acknowledge, ask_for_information
from support.replies.models import Draft
from support.tickets.models import Message, RequiredInfo, Ticket
from tests.factories.desk import open_for
from tests.factories.investigated import investigated


@pytest.fixture
def tenant(public: Tenant) -> Tenant:
    return Tenant.objects.get(slug="acacia")


@pytest.fixture
def ticket(tenant: Tenant) -> Ticket:
    return open_for(tenant, subject="Cannot create an item", text="It was refused.", reporter="u-owner00000")


def triaged(ticket: Ticket, *, category: str = "B", **fields: Any) -> Ticket:
    """The ticket with a category whose information is missing."""
    Ticket.objects.filter(pk=ticket.pk).update(
        state="triaged", category=category, severity=3, revision=ticket.revision + 1, **fields
    )
    for key in ("person", "action", "request"):
        RequiredInfo.objects.create(ticket=ticket, key=key)
    ticket.refresh_from_db()
    return ticket


def refused(call: Any, reason: Reason) -> StateConflict:
    with pytest.raises(StateConflict) as caught:
        call()
    assert caught.value.reason is reason
    return caught.value


def test_the_acknowledgement_names_the_ticket_and_the_next_update(ticket, act_as):
    message = acknowledge(act_as("agent"), ticket=ticket, revision=ticket.revision)
    ticket.refresh_from_db()
    assert (message.kind, message.is_internal, message.author_type) == ("acknowledgement", False, "agent")
    assert ticket.ref in message.text
    assert "Next step" in message.text
    assert timezone.now().strftime("%Y-") in message.text
    assert "{" not in message.text
    assert ticket.state == "acknowledged"
    draft = Draft.objects.get(message=message)
    assert (draft.state, draft.template, draft.author) == (
        "sent",
        "acknowledgement",
        act_as("agent").actor.ref,
    )


def test_it_meets_the_first_clock(ticket, act_as):
    act = act_as("agent")
    recording.start(act.recording(), ticket.pk, severity=None, category="", queue="l1", at=ticket.opened_at)
    acknowledge(act, ticket=ticket, revision=ticket.revision)
    states = {one.clock: one.state for one in clocks.states([ticket.pk], timezone.now())[ticket.pk]}
    assert states["ack"] == "met"


def test_it_is_recorded_without_its_text(ticket, act_as, events):
    act = act_as("agent")
    message = acknowledge(act, ticket=ticket, revision=ticket.revision)
    [event] = events(request_id=act.request_id)
    assert (event.action, event.outcome, event.ticket_ref) == (
        "support.reply.acknowledge",
        "allowed",
        ticket.ref,
    )
    kinds = {change["type"] for change in event.changes}
    assert {"support.message", "support.draft", "support.ticket"} <= kinds
    assert message.text not in str(event.__dict__)
    assert "Thank you" not in str(event.__dict__)


def test_a_ticket_is_acknowledged_once_and_as_it_was_seen(ticket, act_as):
    act = act_as("agent")
    refused(lambda: acknowledge(act, ticket=ticket, revision=ticket.revision - 1), Reason.TICKET_CHANGED)
    acknowledge(act, ticket=ticket, revision=ticket.revision)
    refused(lambda: acknowledge(act, ticket=ticket, revision=ticket.revision + 2), Reason.TICKET_STATE)
    assert Message.objects.filter(ticket=ticket, kind="acknowledgement").count() == 1


def test_a_ticket_that_was_classified_first_can_still_be_acknowledged(ticket, act_as):
    triaged(ticket)
    acknowledge(act_as("agent"), ticket=ticket, revision=ticket.revision)
    ticket.refresh_from_db()
    assert ticket.state == "triaged"


def test_people_without_the_desk_and_tickets_of_others_are_refused(ticket, act_as):
    with pytest.raises(PermissionDenied):
        acknowledge(act_as("operator"), ticket=ticket, revision=ticket.revision)
    Ticket.objects.filter(pk=ticket.pk).update(is_security=True)
    with pytest.raises(RouteNotFound):
        acknowledge(act_as("agent"), ticket=ticket, revision=ticket.revision)
    assert not Message.objects.filter(ticket=ticket, kind="acknowledgement").exists()


def test_an_information_request_lists_only_what_is_missing(ticket, act_as):
    triaged(ticket)
    RequiredInfo.objects.filter(ticket=ticket, key="action").update(
        state="given", source="evidence", value="x"
    )
    message = ask_for_information(act_as("agent"), ticket=ticket, revision=ticket.revision)
    assert "**Person**" in message.text
    assert "**Request id**" in message.text
    assert "**Action attempted**" not in message.text
    ticket.refresh_from_db()
    assert ticket.state == "waiting_customer"
    states = dict(RequiredInfo.objects.filter(ticket=ticket).values_list("key", "state"))
    assert states == {"person": "requested", "action": "given", "request": "requested"}


def test_nothing_is_asked_if_nothing_is_missing(ticket, act_as):
    triaged(ticket)
    RequiredInfo.objects.filter(ticket=ticket).update(state="given", source="agent", value="x")
    refused(
        lambda: ask_for_information(act_as("agent"), ticket=ticket, revision=ticket.revision),
        Reason.INFO_COMPLETE,
    )


def test_nothing_is_asked_if_a_known_issue_matches_exactly(ticket, act_as):
    signature = {
        "code": "PERMISSION_DENIED",
        "action": "inventory.item.create",
        "reason": "ROLE_LACKS_PERMISSION",
    }
    triaged(ticket, **signature)
    issue = KnownIssue.objects.create(ref="KI-0001", title="A known issue", **signature)
    ask = lambda: ask_for_information(act_as("agent"), ticket=ticket, revision=ticket.revision)  # noqa: E731
    refused(ask, Reason.INFO_COMPLETE)
    KnownIssue.objects.filter(pk=issue.pk).update(action="inventory.hub.create")
    ask()


def test_nothing_is_asked_once_the_events_explain_it(ticket, act_as):
    triaged(ticket)
    investigated(ticket, determined="rbac")
    refused(
        lambda: ask_for_information(act_as("agent"), ticket=ticket, revision=ticket.revision),
        Reason.INFO_COMPLETE,
    )


def test_a_category_comes_first(ticket, act_as):
    refused(
        lambda: ask_for_information(act_as("agent"), ticket=ticket, revision=ticket.revision),
        Reason.NOT_TRIAGED,
    )


def test_details_of_a_security_ticket_are_not_asked_for_by_mail(tenant, act_as):
    by_mail = triaged(open_for(tenant, subject="Leak", text="Help", source="mail", is_security=True))
    lead = act_as("support_lead")
    refused(
        lambda: ask_for_information(lead, ticket=by_mail, revision=by_mail.revision),
        Reason.CHANNEL_NOT_PRIVATE,
    )
    in_product = triaged(
        open_for(
            tenant, subject="Leak", text="Help", source="question", reporter="u-owner00000", is_security=True
        )
    )
    ask_for_information(lead, ticket=in_product, revision=in_product.revision)
