"""Tickets change only by their transitions, and the database refuses everything else."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django_tenants.utils import tenant_context

from asora.kernel.door import Action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied, Reason, RouteNotFound, StateConflict
from plans.models import Tenant
from support.clocks.models import ClockEvent
from support.tickets import changes, queries, rules
from support.tickets.models import Message, State, Ticket, TicketNumber
from support.tickets.opening import open_with_message
from tests.factories.desk import act_of_asora, open_for
from tests.factories.investigated import investigated
from tests.factories.people import add_person


def _move(act: Any, *, ticket: Ticket, state: str, revision: int | None = None, **fields: Any) -> Ticket:
    return changes.move(act, changes.locked(act, ticket, revision=revision), state, **fields)


def _say(act: Any, *, ticket: Ticket, kind: str, text: str) -> Message:
    return changes.add_message(act, changes.locked_survivor(act, ticket), kind=kind, text=text)


# They are in no registry.
move = Action(_move, name="support.access.end", permission=Permission.SUPPORT_WORK_DESK)
say = Action(_say, name="support.access.end", permission=Permission.SUPPORT_WORK_DESK)


@pytest.fixture
def tenant(public: Tenant) -> Tenant:
    return Tenant.objects.get(slug="acacia")


@pytest.fixture
def ticket(tenant: Tenant) -> Ticket:
    return open_for(tenant, subject="Cannot create an item", text="It was refused.", reporter="u-owner00000")


def test_the_table_of_the_database_is_that_of_the_rules(tenant: Tenant, ticket: Ticket) -> None:
    table = import_module("support.migrations.0014_unwanted_mail").TRANSITIONS
    assert {before: {after for first, after in table if first == before} for before, _after in table} == {
        state: set(after) for state, after in rules.TRANSITIONS.items()
    }
    assert set(rules.TRANSITIONS) == set(State.values)


def test_a_ticket_is_numbered_and_its_first_message_is_in_the_thread(tenant: Tenant, ticket: Ticket) -> None:
    other = open_for(tenant, subject="Another", text="And this?")
    assert other.number == ticket.number + 1
    assert (ticket.ref, rules.number_of(ticket.ref)) == (f"T-{ticket.number:06d}", ticket.number)
    assert [message.text for message in queries.thread(ticket)] == ["It was refused."]
    assert TicketNumber.objects.get().last == other.number


def test_a_move_is_recorded_and_makes_a_revision(ticket: Ticket, act_as: Any, events: Any) -> None:
    moved = move(act_as("agent"), ticket=ticket, state="acknowledged", revision=ticket.revision)
    assert (moved.state, moved.revision) == ("acknowledged", ticket.revision + 1)
    [event] = events(action="support.access.end")
    assert (event.changes[0]["before"], event.changes[0]["after"]) == (
        {"state": "new"}, {"state": "acknowledged"},
    )  # fmt: skip
    assert event.ticket_ref == ticket.ref


def test_a_move_that_the_rules_do_not_name_is_refused(ticket: Ticket, act_as: Any) -> None:
    with pytest.raises(StateConflict) as caught:
        move(act_as("agent"), ticket=ticket, state="resolved", close_reason="solved")
    assert caught.value.reason is Reason.TICKET_STATE
    assert Ticket.objects.get(pk=ticket.pk).state == "new"


def test_a_stale_revision_is_refused(ticket: Ticket, act_as: Any) -> None:
    say(act_as("agent"), ticket=ticket, kind="note", text="Looked at it.")
    with pytest.raises(StateConflict) as caught:
        move(act_as("agent"), ticket=ticket, state="acknowledged", revision=ticket.revision)
    assert caught.value.reason is Reason.TICKET_CHANGED


def test_resolving_closing_and_reopening_set_their_moments(ticket: Ticket, act_as: Any) -> None:
    act = act_as("agent")
    Ticket.objects.filter(pk=ticket.pk).update(category="D", severity=3)
    for state in ("triaged", "investigating"):
        move(act, ticket=ticket, state=state)
    investigated(ticket)
    resolved = move(act, ticket=ticket, state="resolved", close_reason="solved")
    assert (resolved.resolved_at is not None, resolved.closed_at) == (True, None)
    assert move(act, ticket=ticket, state="closed").closed_at is not None
    reopened = move(act, ticket=ticket, state="investigating", reopened=1)
    assert (reopened.resolved_at, reopened.closed_at, reopened.reopened) == (None, None, 1)


def test_the_clocks_follow_the_state(tenant: Tenant, act_as: Any) -> None:
    asora = act_of_asora().recording()
    ticket = open_with_message(asora, tenant=tenant, source="hand", subject="x", text="x", category="D")
    investigated(ticket)
    act = act_as("agent")

    def after(state: str, **values: Any) -> list[str]:
        known = set(ClockEvent.objects.values_list("pk", flat=True))
        move(act, ticket=ticket, state=state, **values)
        new = ClockEvent.objects.filter(subject=ticket.pk).exclude(pk__in=known).order_by("number")
        return list(dict.fromkeys(new.values_list("kind", flat=True)))

    assert after("triaged", severity=4) == []
    assert after("waiting_customer") == ["pause"]
    assert after("waiting_commercial") == []
    assert after("waiting_customer") == []
    assert after("investigating") == ["resume"]
    assert set(after("resolved", close_reason="solved")) == {"fulfil", "cancel"}
    assert "resume" in after("investigating", reopened=1, close_reason="")


def test_a_note_is_internal_and_secrets_are_removed(ticket: Ticket, act_as: Any) -> None:
    secret = "AKIA" + "ABCDEFGH" * 2
    note = say(act_as("agent"), ticket=ticket, kind="note", text=f"Key {secret}")
    assert (note.is_internal, note.text, note.length) == (True, "Key [redacted]", 14)
    assert note.author.startswith("public:u-")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("It is odd. password: hunter2 does not work", "It is odd. password: [redacted] does not work"),
        ("**Passwort:** Geheim99", "**Passwort:** [redacted]"),
        ("My password is h&nter and fine", "My password is [redacted] and fine"),
        ("I set a new password: nothing happened", "I set a new password: nothing happened"),
        ("The password is wrong!", "The password is wrong!"),
    ],
)
def test_a_password_that_a_customer_names_is_not_stored(
    ticket: Ticket, act_as: Any, said: str, kept: str
) -> None:
    message = say(act_as("agent"), ticket=ticket, kind="answer", text=said)
    assert (message.text, message.length) == (kept, len(kept))


def test_what_an_agent_may_not_see_does_not_exist(tenant: Tenant, ticket: Ticket, act_as: Any) -> None:
    user = add_person("agent", name="elsewhere", all_hubs=False)
    stranger = act_as(user=user, tenant=Tenant.objects.get(slug="public"))
    assert not queries.visible(stranger.actor).exists()
    assert queries.visible(act_as("agent").actor).exists()
    with pytest.raises(RouteNotFound):
        move(stranger, ticket=ticket, state="acknowledged")
    hidden = open_for(tenant, subject="Breach", text="?", is_security=True)
    assert hidden not in queries.visible(act_as("agent").actor)
    assert hidden in queries.visible(act_as("support_lead").actor)
    with pytest.raises(RouteNotFound):
        move(act_as("agent"), ticket=hidden, state="acknowledged")
    assert not queries.visible(act_as("operator").actor).exists()
    with pytest.raises(PermissionDenied):
        move(act_as("operator"), ticket=ticket, state="acknowledged")


@pytest.mark.parametrize(
    "change",
    [
        {"number": 99},
        {"reporter": "u-other"},
        {"subject": "Another subject"},
        {"state": "closed"},
        {"revision": 0},
        {"request_id": "x"},
        {"opened_at": "2026-01-01T00:00:00Z"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_database_refuses_other_changes(ticket: Ticket, change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk).update(**change)


def test_a_subject_and_a_message_can_only_be_emptied(ticket: Ticket) -> None:
    rows = Message.objects.filter(ticket=ticket)
    for change in ({"text": "Nothing."}, {"is_internal": True}, {"length": 3}, {"author": "acacia:x"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    assert rows.update(text="") == 1
    assert Ticket.objects.filter(pk=ticket.pk).update(subject="") == 1
    for model in (Message, Ticket):
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.all()._raw_delete("default")


def test_a_ticket_begins_as_new(tenant: Tenant) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.create(
            number=77, tenant=tenant, source="hand", subject="x", subject_length=1, request_id="x",
            category="A", severity=3, state="investigating",
        )  # fmt: skip


def test_the_trail_of_the_tenant_is_not_touched(tenant: Tenant, ticket: Ticket, act_as: Any) -> None:
    from audit.events.models import Event

    move(act_as("agent"), ticket=ticket, state="acknowledged")
    with tenant_context(tenant):
        assert not Event.objects.filter(action="support.access.end").exists()
