"""Who works on a ticket and what they note; what only some may do; and what customers say to merged and closed ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from asora.kernel.refusals import PermissionDenied, Reason, RouteNotFound, StateConflict, ValidationFailed
from asora.kernel.request_ids import new_request_id
from plans.models import Tenant
from support.clocks import queries as clocks
from support.incidents.models import Incident
from support.mail.actions.erasing import forget_sender
from support.oncall.models import Page
from support.replies.actions.holding import acknowledge
from support.tickets import changes, duplicates, following, participants, queries
from support.tickets.actions.classifying import triage
from support.tickets.actions.merging import attach, merge
from support.tickets.actions.opening import assign_tenant, discard, open_by_hand, restore
from support.tickets.actions.working import assign, clear_security, flag_security, inform, note, requeue
from support.tickets.models import Message, Participant, RequiredInfo, Ticket
from support.tickets.opening import open_with_message
from support.tickets.receiving import customer_said
from tests.factories.desk import act_of_asora, open_for, open_incident_for
from tests.factories.investigated import investigated
from tests.factories.people import add_person
from tests.support.tickets.test_classify import CLASSES

KIM = {"address": "kim@customer.test", "name": "Kim Olsen"}


@pytest.fixture
def tenant(public: Tenant) -> Tenant:
    return Tenant.objects.get(slug="acacia")


@pytest.fixture
def ticket(tenant: Tenant) -> Ticket:
    return open_with_message(
        act_of_asora().recording(), tenant=tenant, source="hand", subject="Refused", text="It was refused.",
        category="D",
    )  # fmt: skip


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def test_only_somebody_who_sees_the_ticket_is_assigned(ticket: Ticket, act_as: Any) -> None:
    act = act_as("agent")
    assert assign(act, ticket=ticket, person=act.actor.ref).assignee == act.actor.ref
    elsewhere = add_person("agent", name="elsewhere", all_hubs=False)
    for person in (elsewhere.ref, act_as("operator").actor.ref, "u-nobody0000"):
        with pytest.raises(ValidationFailed):
            assign(act, ticket=ticket, person=person)
    assert assign(act, ticket=ticket, person="").assignee == ""


def test_a_ticket_that_somebody_takes_is_taken_by_its_queue(ticket: Ticket, act_as: Any) -> None:
    act = act_as("agent")
    for queue in ("l1", "l2"):
        assert "ola_ack" in _open_clocks(ticket)
        assign(act, ticket=ticket, person=act.actor.ref)
        assert "ola_ack" not in _open_clocks(ticket)
        if queue == "l1":
            requeue(act, ticket=ticket, queue="l2", reason="Harder than it looked")


@pytest.mark.parametrize("how", ["acknowledge", "triage"])
def test_the_first_who_works_on_a_ticket_gets_it(ticket: Ticket, act_as: Any, how: str) -> None:
    act, other = act_as("agent"), add_person("agent", name="other")
    first, second = (acknowledge, triage) if how == "acknowledge" else (triage, acknowledge)
    values: dict[Any, Any] = {acknowledge: {}, triage: CLASSES}
    first(act, ticket=ticket, revision=ticket.revision, **values[first])
    assert fresh(ticket).assignee == act.actor.ref
    assert "ola_ack" not in _open_clocks(ticket)
    assign(act, ticket=ticket, person=other.ref)
    second(act, ticket=ticket, revision=fresh(ticket).revision, **values[second])
    assert fresh(ticket).assignee == other.ref


def _open_clocks(ticket: Ticket) -> set[str]:
    states = clocks.states([ticket.pk], timezone.now())[ticket.pk]
    return {state.clock for state in states if state.is_open}


def test_another_queue_needs_a_reason_and_starts_without_an_assignee(
    ticket: Ticket, act_as: Any, events: Any
) -> None:
    act = act_as("agent")
    assign(act, ticket=ticket, person=act.actor.ref)
    with pytest.raises(ValidationFailed):
        requeue(act, ticket=ticket, queue="l2", reason="")
    found = requeue(act, ticket=ticket, queue="l2", reason="Needs the ledger")
    assert (found.queue, found.assignee) == ("l2", "")
    [message] = [message for message in queries.thread(found) if message.kind == "note"]
    assert message.text == "Moved from Level 1 to Level 2: Needs the ledger"
    [event] = events(action="support.ticket.requeue", outcome="allowed")
    assert "ledger" not in str(event.changes)


def test_moving_to_the_same_queue_or_person_is_no_success(
    ticket: Ticket, act_as: Any, client_as: Any
) -> None:
    agent, client = act_as("agent").actor.ref, client_as("agent")
    posts = [("requeue", {"queue": "l2", "reason": "Needs the ledger"}, "The ticket has moved.")]
    posts += [("assign", {"person": agent}, "The ticket is assigned.")]
    for address, data, done in posts:
        for is_first in (True, False):
            page = client.post(f"/support/tickets/{ticket.ref}/{address}/", data, follow=True)
            assert page.status_code == 200
            assert (done in page.content.decode()) is is_first
            assert ("Nothing has changed" in page.content.decode()) is not is_first


def test_security_is_called_and_only_they_can_clear_it(ticket: Ticket, act_as: Any) -> None:
    act = act_as("agent")
    flag_security(act, ticket=ticket, reason="A stranger's session")
    assert (fresh(ticket).is_security, fresh(ticket).queue) == (True, "security")
    assert Page.objects.filter(subject=ticket.pk, is_security=True).exists()
    with pytest.raises(RouteNotFound):
        note(act, ticket=ticket, text="?")
    with pytest.raises(PermissionDenied):
        clear_security(act, ticket=ticket, reason="x")
    with pytest.raises(StateConflict):
        requeue(act_as("support_lead"), ticket=ticket, queue="l1", reason="x")
    clear_security(act_as("support_lead"), ticket=ticket, reason="It was their own")
    assert note(act, ticket=ticket, text="Seen.").is_internal


@pytest.mark.parametrize("text", ["", " \n ", "x" * 20_001, "a\x07b"])
def test_a_note_that_is_none_is_refused(ticket: Ticket, act_as: Any, text: str) -> None:
    with pytest.raises(ValidationFailed):
        note(act_as("agent"), ticket=ticket, text=text)


def test_a_ticket_by_hand_names_only_requests_of_its_tenant(tenant: Tenant, act_as: Any) -> None:
    act = act_as("agent")
    values = {"tenant": tenant, "title": "Cannot issue", "text": "They called.", **KIM}
    with pytest.raises(ValidationFailed) as caught:
        open_by_hand(act, **values, about=new_request_id("birch"))
    assert "about" in caught.value.details["fields"]
    about = new_request_id("acacia")
    made = open_by_hand(act, **values, about=about)
    assert (made.source, made.about, made.state) == ("hand", about, "new")
    request = RequiredInfo.objects.get(ticket=made, key="request")
    assert (request.state, request.source, request.value) == ("given", "customer", about)
    stranger = add_person("agent", name="elsewhere", all_hubs=False)
    with pytest.raises(PermissionDenied):
        open_by_hand(act_as(user=stranger, tenant=Tenant.objects.get(slug="public")), **values)


def test_a_ticket_by_hand_has_the_customer_as_participant_and_author(tenant: Tenant, act_as: Any) -> None:
    made = open_by_hand(act_as("agent"), tenant=tenant, title="Cannot issue", text="They called.", **KIM)
    person = Participant.objects.get(ticket=made)
    assert (person.address, person.name, person.person) == ("kim@customer.test", "Kim Olsen", "")
    message = Message.objects.get(ticket=made)
    assert (message.author, message.author_type) == (f"mail:{person.pk}", "customer")
    assert participants.of_address(made, "Kim@customer.test") == person


@pytest.mark.parametrize(
    ("field", "value"), [("address", ""), ("address", "kim"), ("name", " "), ("name", "a\x07b")]
)
def test_a_ticket_by_hand_needs_to_know_the_customer(
    tenant: Tenant, act_as: Any, field: str, value: str
) -> None:
    with pytest.raises(ValidationFailed) as caught:
        open_by_hand(
            act_as("agent"), tenant=tenant, title="Cannot issue", text="They called.", **{**KIM, field: value}
        )
    assert field in caught.value.details["fields"]
    assert not Ticket.objects.exists()


def test_the_customer_of_a_ticket_by_hand_can_be_erased(tenant: Tenant, act_as: Any) -> None:
    """Also what the desk wrote about them: in the subject, a note, an answer, and the required information."""
    agent = act_as("agent")
    made = open_by_hand(agent, tenant=tenant, title="Kim's matter", text="Kim called.", category="H", **KIM)
    other = open_by_hand(agent, tenant=tenant, title="Another", text="Pat called.", **KIM)
    values = {"reproduction": "Kim clicks on Save.", "versions": "Kim's browser"}
    inform(agent, ticket=made, values=values, from_customer=True)
    inform(agent, ticket=made, values={"frequency": "Each time, says Kim"})
    note(agent, ticket=made, text="Kim is angry.")
    note(agent, ticket=other, text="Nothing.")
    person = Participant.objects.get(ticket=made)
    assert set(
        RequiredInfo.objects.filter(ticket=made, source="customer").values_list("author", flat=True)
    ) == {f"mail:{person.pk}"}
    forget_sender(act_as("support_lead"), ticket=made, participant=person)
    found = Ticket.objects.get(pk=made.pk)
    stored = [
        found.subject,
        *Message.objects.filter(ticket=made).values_list("text", flat=True),
        *RequiredInfo.objects.filter(ticket=made).values_list("value", flat=True),
        *Participant.objects.filter(ticket=made).values_list("name", flat=True),
    ]
    assert "kim" not in " ".join(stored).lower()
    assert sorted(Message.objects.filter(ticket=other).values_list("text", flat=True)) == [
        "Nothing.", "Pat called.",
    ]  # fmt: skip


def test_the_tenant_of_a_stray_ticket_is_decided_once(tenant: Tenant, birch: Tenant, act_as: Any) -> None:
    connection.set_schema_to_public()
    act = act_as("agent")
    stray = open_for(None, subject="Hello", text="?", source="mail")
    assign_tenant(act, ticket=stray, tenant=tenant, revision=stray.revision)
    with pytest.raises(StateConflict) as caught:
        assign_tenant(act, ticket=stray, tenant=birch, revision=fresh(stray).revision)
    assert caught.value.reason is Reason.TICKET_STATE


def test_a_discarded_mail_is_restored_before_it_gets_a_tenant(tenant: Tenant, act_as: Any) -> None:
    act = act_as("agent")
    stray = open_for(None, subject="Hello", text="?", source="mail")
    stray = discard(act, ticket=stray, revision=stray.revision)
    with pytest.raises(StateConflict) as caught:
        assign_tenant(act, ticket=stray, tenant=tenant, revision=stray.revision)
    assert caught.value.reason is Reason.TICKET_STATE
    stray = restore(act, ticket=stray, revision=stray.revision)
    assert assign_tenant(act, ticket=stray, tenant=tenant, revision=stray.revision).tenant == tenant


def finish(ticket: Ticket) -> Ticket:
    """The ticket, resolved after an investigation."""
    investigated(ticket)
    act = act_of_asora().recording()
    for state, values in (
        ("triaged", {"severity": 4}),
        ("investigating", {}),
        ("resolved", {"close_reason": "solved"}),
    ):
        changes.move(act, fresh(ticket), state, **values)
    return fresh(ticket)


def test_an_answer_reopens_a_finished_ticket(ticket: Ticket) -> None:
    finish(ticket)
    customer_said(act_of_asora().recording(), ticket, text="Still refused.", author="t_acacia:u-owner")
    found = fresh(ticket)
    assert (found.state, found.reopened, found.close_reason, found.resolved_at) == (
        "investigating",
        1,
        "",
        None,
    )


def test_an_answer_to_a_merged_ticket_lands_on_the_other_and_does_not_reopen_it(
    tenant: Tenant, ticket: Ticket, act_as: Any
) -> None:
    other = open_for(tenant, subject="Other", text="?", category="D")
    other = finish(other)
    merge(act_as("agent"), ticket=ticket, into=other, revision=ticket.revision)
    message = customer_said(act_of_asora().recording(), ticket, text="And?", author="t_acacia:u-owner")
    assert (message.ticket_id, fresh(other).state, fresh(other).reopened) == (other.pk, "resolved", 0)
    assert queries.last_from_customer(other) == message


def test_what_nobody_answers_moves_up(ticket: Ticket, act_as: Any) -> None:
    triage(act_as("agent"), ticket=ticket, revision=ticket.revision, **{**CLASSES, "severity": 3})
    with time_machine.travel(timezone.now() + timedelta(days=6), tick=True):
        connection.set_schema_to_public()
        following.sweep()
        following.sweep()
    found = fresh(ticket)
    assert found.queue == "l3"
    assert [message.text for message in queries.thread(found) if message.kind == "note"] == [
        "Nobody answered in time, so the ticket moved up."
    ]


def test_a_resolved_incident_returns_its_tickets(ticket: Ticket, act_as: Any) -> None:
    incident = open_incident_for("Exports fail")
    found = triage(act_as("agent"), ticket=ticket, revision=ticket.revision, **CLASSES)
    attach(act_as("agent"), ticket=ticket, incident=incident, revision=found.revision)
    following.sweep()
    assert fresh(ticket).state == "on_incident"
    Incident.objects.filter(pk=incident.pk).update(state="resolved", resolved_at=timezone.now())
    following.sweep()
    assert (fresh(ticket).state, fresh(ticket).incident) == ("triaged", incident)


def test_the_five_likeliest_duplicates_are_those_that_agree_most() -> None:
    now = timezone.now()
    one = duplicates.Reported(
        "r-1", "VALIDATION_FAILED", "items.create", "SKU_TAKEN", now, "Cannot add bolt M8"
    )
    hour = timedelta(minutes=59)
    others = {
        "request": duplicates.Reported("r-1", "", "", "", now - 9 * hour, ""),
        "all": duplicates.Reported("", one.code, one.action, one.reason, now + hour, "cannot add BOLT m8"),
        "signature": duplicates.Reported(
            "", one.code, one.action, one.reason, now - 9 * hour, "Another text"
        ),
        "words": duplicates.Reported("", "", "", "", now, "I cannot add bolt M8"),
        "nothing": duplicates.Reported("", "AUTH_REQUIRED", "x", "y", now - 9 * hour, "Printer jam"),
    }
    found = duplicates.likeliest(one, list(others.items()))
    assert [key for key, _how in found] == ["request", "all", "signature", "words"]
    assert [how.score for _key, how in found][:2] == [100, 99]
    many = [(str(number), others["all"]) for number in range(9)]
    assert len(duplicates.likeliest(one, many)) == duplicates.SHOWN
