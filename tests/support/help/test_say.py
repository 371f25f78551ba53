"""What a tenant's people say about their tickets: rows and events of the tenant, and every refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict, ValidationFailed
from audit.disclosure.actions.tickets import answer_ticket, confirm_ticket, rate_ticket, reopen_ticket
from audit.disclosure.models import Statement, TicketStatement
from plans.models import Tenant
from support.tickets.models import State, Ticket
from tests.factories.desk import open_in
from tests.kernel.example_action import freeze

Say = Callable[[Act, str], Any]
SAYS: dict[str, tuple[str, Say]] = {
    "answer": (State.INVESTIGATING, lambda act, ref: answer_ticket(act, ticket=ref, text="It was bin A-1.")),
    "confirm": (State.RESOLVED, lambda act, ref: confirm_ticket(act, ticket=ref)),
    "reopen": (State.CLOSED, lambda act, ref: reopen_ticket(act, ticket=ref, text="It is back.")),
    "rate": (State.RESOLVED, lambda act, ref: rate_ticket(act, ticket=ref, is_good=True)),
}
each_way = pytest.mark.parametrize("way", SAYS)


@pytest.fixture
def viewer(acacia: Tenant, act_as: Any) -> Act:
    found: Act = act_as("viewer")
    return found


def ticket_in(state: str, viewer: Act, tenant: Tenant) -> Ticket:
    return open_in(state, tenant, subject="Cannot receive", text="Why?", reporter=viewer.actor.ref)


@each_way
def test_works_and_is_recorded(acacia: Tenant, viewer: Act, events: Any, way: str) -> None:
    state, say = SAYS[way]
    ticket = ticket_in(state, viewer, acacia)
    row = say(viewer, ticket.ref)
    assert (row.ticket, row.ticket_ref, row.kind, row.stated_by) == (
        ticket.pk,
        ticket.ref,
        way,
        viewer.actor.ref,
    )
    [event] = events(action=f"audit.ticket.{way}")
    assert (event.outcome, event.resource_label) == ("allowed", ticket.ref)
    assert f"ticket:{ticket.pk}" in event.touched
    if row.statement:
        assert event.changes[0]["after"]["length"] == len(row.statement.text)
        assert row.statement.text not in str(event.__dict__)


@each_way
def test_the_public_row_is_not_written_in_the_tenants_transaction(
    acacia: Tenant, viewer: Act, way: str
) -> None:
    state, say = SAYS[way]
    ticket = ticket_in(state, viewer, acacia)
    say(viewer, ticket.ref)
    now = Ticket.objects.get(pk=ticket.pk)
    assert (now.state, now.revision, now.messages.count()) == (state, ticket.revision, 1)


@each_way
def test_the_ticket_of_somebody_else_does_not_exist(
    acacia: Tenant, act_as: Any, viewer: Act, way: str
) -> None:
    state, say = SAYS[way]
    ticket = ticket_in(state, viewer, acacia)
    with pytest.raises(RouteNotFound) as caught:
        say(act_as("counter"), ticket.ref)
    assert caught.value.reason is Reason.NO_SUCH_RECORD
    say(act_as("owner"), ticket.ref)  # decides about support access, so sees all tickets of the tenant


@each_way
def test_a_ticket_of_another_tenant_does_not_exist(
    acacia: Tenant, birch: Tenant, viewer: Act, act_as: Any, events: Any, way: str
) -> None:
    state, say = SAYS[way]
    # Pseudonyms could repeat across schemas: the ticket's reporter is the same text, and the tenant is not.
    foreign = ticket_in(state, viewer, birch)
    for ref in (foreign.ref, "T-999999", "T-1", "t-000001", f"{foreign.ref}' OR 1=1", "", "T-00000\u0661"):
        for act in (viewer, act_as("owner")):
            with pytest.raises(RouteNotFound):
                say(act, ref)
    assert not TicketStatement.objects.exists()
    assert foreign.subject not in str([event.__dict__ for event in events()])


@pytest.mark.parametrize(
    ("way", "states"),
    [
        ("answer", [State.RESOLVED, State.CLOSED]),
        ("confirm", [State.NEW, State.INVESTIGATING, State.CLOSED]),
        ("reopen", [State.NEW, State.WAITING_CUSTOMER]),
        ("rate", [State.NEW, State.WAITING_ENGINEERING]),
    ],
)
def test_the_state_of_the_ticket_decides(
    acacia: Tenant, viewer: Act, events: Any, way: str, states: list[str]
) -> None:
    for state in states:
        ticket = ticket_in(state, viewer, acacia)
        with pytest.raises(StateConflict) as caught:
            SAYS[way][1](viewer, ticket.ref)
        assert caught.value.reason is Reason.TICKET_STATE
        assert caught.value.details["remedy"]
    assert not TicketStatement.objects.exists()
    assert [event.reason for event in events(action=f"audit.ticket.{way}")] == ["TICKET_STATE"] * len(states)


@pytest.mark.parametrize("way", ["answer", "reopen"])
@pytest.mark.parametrize("text", ["", " \n ", "x" * 4_001, "a\x07b", "a\u202eb"])
def test_a_text_that_is_none_is_refused(acacia: Tenant, viewer: Act, way: str, text: str) -> None:
    ticket = ticket_in(SAYS[way][0], viewer, acacia)
    say = answer_ticket if way == "answer" else reopen_ticket
    with pytest.raises(ValidationFailed) as caught:
        say(viewer, ticket=ticket.ref, text=text)
    assert "text" in caught.value.details["fields"]
    assert not Statement.objects.exists()


def test_a_message_that_is_sent_twice_is_taken_once(acacia: Tenant, viewer: Act) -> None:
    ticket = ticket_in(State.INVESTIGATING, viewer, acacia)
    answer_ticket(viewer, ticket=ticket.ref, text="Bin A-1")
    with pytest.raises(StateConflict) as caught:
        answer_ticket(viewer, ticket=ticket.ref, text=" Bin A-1 ")
    assert caught.value.reason is Reason.ALREADY_POSTED
    answer_ticket(viewer, ticket=ticket.ref, text="Or A-2")
    answer_ticket(viewer, ticket=ticket.ref, text="Bin A-1")  # said again on purpose, after something else
    assert TicketStatement.objects.count() == 3


def test_a_confirmation_and_a_rating_that_change_nothing_add_no_row(
    acacia: Tenant, viewer: Act, events: Any
) -> None:
    ticket = ticket_in(State.RESOLVED, viewer, acacia)
    assert confirm_ticket(viewer, ticket=ticket.ref) is not None
    assert confirm_ticket(viewer, ticket=ticket.ref) is None
    assert rate_ticket(viewer, ticket=ticket.ref, is_good=False) is not None
    assert rate_ticket(viewer, ticket=ticket.ref, is_good=False) is None
    assert rate_ticket(viewer, ticket=ticket.ref, is_good=True) is not None
    ratings = TicketStatement.objects.filter(kind="rate").order_by("stated_at", "id")
    assert [row.is_good for row in ratings] == [False, True]
    assert events(action="audit.ticket.rate")[1].facts["noop"] == "no difference"


def test_a_secret_is_not_stored_and_a_frozen_tenant_can_answer(acacia: Tenant, viewer: Act) -> None:
    ticket = ticket_in(State.WAITING_CUSTOMER, viewer, acacia)
    freeze(acacia)
    secret = "AKIA" + "ABCDEFGH" * 2
    answer_ticket(viewer, ticket=ticket.ref, text=f"My key {secret} fails")
    assert Statement.objects.get().text == "My key [redacted] fails"


def test_what_was_said_cannot_be_changed(acacia: Tenant, viewer: Act) -> None:
    answer_ticket(viewer, ticket=ticket_in(State.NEW, viewer, acacia).ref, text="Bin A-1")
    for statement in (
        "UPDATE audit_ticketstatement SET kind = 'confirm'",
        "DELETE FROM audit_ticketstatement",
        "UPDATE audit_statement SET text = 'Bin B-1', length = 7",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_refusal_before_the_form_is_recorded_with_its_action(
    acacia: Tenant, viewer: Act, client_as: Any, events: Any
) -> None:
    ticket = ticket_in(State.NEW, viewer, acacia)
    answered = client_as("counter").post(f"/help/tickets/{ticket.ref}/answer/", {"text": "Mr Zebulon"})
    assert answered.status_code == 404
    [event] = events(action="audit.ticket.answer")
    assert (event.outcome, event.resource_type) == ("refused", "audit.ticketstatement")
    assert "Zebulon" not in str(event.__dict__)
