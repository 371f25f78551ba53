"""Merging copies nothing: the thread follows the link, and undoing it restores every value."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import serializers
from django.db import connection
from django.utils import timezone

from asora.kernel.refusals import Reason, Refusal, RouteNotFound, StateConflict, ValidationFailed
from plans.models import Tenant
from support.clocks import queries as clocks
from support.clocks import recording
from support.clocks.models import ClockEvent
from support.oncall.models import Page
from support.tickets import changes, participants, queries
from support.tickets.actions.classifying import triage
from support.tickets.actions.merging import attach, detach, link, merge, unlink, unmerge
from support.tickets.actions.working import clear_security, flag_security, note
from support.tickets.models import Attachment, Message, Participant, RequiredInfo, Ticket, TicketLink
from support.tickets.opening import open_with_message
from tests.factories.desk import act_of_asora, open_for, open_incident_for
from tests.factories.investigated import investigated
from tests.support.tickets.test_classify import CLASSES

HOW = {"close_reason": "solved"}


@pytest.fixture
def tenant(public: Tenant) -> Tenant:
    return Tenant.objects.get(slug="acacia")


@pytest.fixture
def pair(tenant: Tenant, act_as: Any) -> tuple[Ticket, Ticket]:
    one, other = (
        open_with_message(
            act_of_asora().recording(), tenant=tenant, source="hand", subject=name, text=f"{name} text",
            answers={"request": "acacia-1"}, category="D",
        )
        for name in ("One", "Other")
    )  # fmt: skip
    note(act_as("agent"), ticket=one, text="Looked at it.")
    return Ticket.objects.get(pk=one.pk), other


def bytes_of(*tickets: Ticket) -> str:
    """Every row of these tickets, as text."""
    keys = [ticket.pk for ticket in tickets]
    rows: list[Any] = [*Ticket.objects.filter(pk__in=keys).order_by("pk")]
    for model in (Message, RequiredInfo, Participant):
        rows += model.objects.filter(ticket__in=keys).order_by("pk")  # type: ignore[attr-defined]
    rows += Attachment.objects.filter(message__ticket__in=keys).order_by("pk")
    return str(serializers.serialize("json", rows))


def test_merging_and_undoing_it_is_byte_equal(pair: tuple[Ticket, Ticket], act_as: Any) -> None:
    one, other = pair
    act = act_as("agent")
    before = bytes_of(one)
    others = [message.pk for message in queries.thread(other)]
    merge(act, ticket=one, into=other, revision=one.revision)
    assert Ticket.objects.get(pk=one.pk).state == "duplicate"
    assert {message.ticket_id for message in queries.thread(other)} == {one.pk, other.pk}
    assert [message.text for message in queries.thread(one)] == ["One text", "Looked at it."]
    unmerge(act, ticket=one)
    assert bytes_of(one) == before
    assert [message.pk for message in queries.thread(other)] == others
    # The other side has its values, too; only its revisions were counted, so that no reply overlooks the merge.
    now = Ticket.objects.get(pk=other.pk)
    counted = {"revision", "changed_at"}
    names = {field.attname for field in Ticket._meta.concrete_fields} - counted
    assert {name: getattr(now, name) for name in names} == {name: getattr(other, name) for name in names}
    assert now.revision == other.revision + 2


def test_merging_a_closed_ticket_restores_when_it_was_closed(tenant: Tenant, act_as: Any) -> None:
    one, other = (open_for(tenant, subject=name, text="?", category="D") for name in ("One", "Other"))
    investigated(one)
    act = act_of_asora().recording()
    for state, values in (
        ("triaged", {"severity": 4}),
        ("investigating", {}),
        ("resolved", HOW),
        ("closed", {}),
    ):
        one = changes.move(act, Ticket.objects.get(pk=one.pk), state, **values)
    before = bytes_of(one)
    merge(act_as("agent"), ticket=one, into=other, revision=one.revision)
    unmerge(act_as("agent"), ticket=one)
    assert bytes_of(one) == before


def test_tickets_of_two_tenants_cannot_be_merged(
    pair: tuple[Ticket, Ticket], birch: Tenant, act_as: Any
) -> None:
    connection.set_schema_to_public()
    foreign, stray = open_for(birch, subject="Theirs"), open_for(None, subject="Stray", source="mail")
    act = act_as("agent")
    for one, other in ((pair[0], foreign), (pair[0], stray), (stray, open_for(None, subject="Other stray"))):
        with pytest.raises(StateConflict) as caught:
            merge(act, ticket=one, into=other, revision=one.revision)
        assert caught.value.reason is Reason.OTHER_TENANT
    assert not TicketLink.objects.exists()


def test_a_merged_ticket_takes_part_in_nothing_else(pair: tuple[Ticket, Ticket], act_as: Any) -> None:
    one, other = pair
    act = act_as("agent")
    merge(act, ticket=one, into=other, revision=one.revision)
    with pytest.raises(StateConflict):
        merge(act, ticket=other, into=one, revision=other.revision + 1)
    with pytest.raises(StateConflict):
        note(act, ticket=one, text="?")
    with pytest.raises(ValidationFailed):
        merge(act, ticket=other, into=other, revision=other.revision + 1)
    with pytest.raises(StateConflict):
        unmerge(act, ticket=other)


def test_a_security_ticket_is_not_merged_into_one_that_all_see(
    pair: tuple[Ticket, Ticket], act_as: Any
) -> None:
    one, other = pair
    lead = act_as("support_lead")
    flagged = flag_security(lead, ticket=one, reason="A stranger's session")
    with pytest.raises(StateConflict):
        merge(lead, ticket=flagged, into=other, revision=flagged.revision)
    with pytest.raises(RouteNotFound):
        merge(act_as("agent"), ticket=flagged, into=other, revision=flagged.revision)


def test_what_was_merged_into_a_security_ticket_is_hidden_and_cleared_with_it(
    pair: tuple[Ticket, Ticket], tenant: Tenant, act_as: Any
) -> None:
    one, other = pair
    last = open_for(tenant, subject="Last", category="D")
    agent, lead = act_as("agent"), act_as("support_lead")
    merge(agent, ticket=one, into=other, revision=one.revision)
    merge(agent, ticket=other, into=last, revision=Ticket.objects.get(pk=other.pk).revision)
    rows = Ticket.objects.filter(pk__in=[one.pk, other.pk, last.pk])
    flag_security(agent, ticket=last, reason="A stranger's session")
    assert set(rows.values_list("is_security", "queue")) == {(True, "security")}
    assert not queries.visible(agent.actor).filter(pk__in=[one.pk, other.pk, last.pk]).exists()
    assert Page.objects.filter(subject=one.pk, is_security=True).exists()
    clear_security(lead, ticket=last, reason="It was their own")
    assert set(rows.values_list("is_security", "queue")) == {(False, "l1")}
    assert {one.pk, other.pk} <= {message.ticket_id for message in queries.thread(last)}


def test_a_ticket_stays_a_security_matter_when_its_merge_is_undone(
    pair: tuple[Ticket, Ticket], act_as: Any
) -> None:
    one, other = pair
    recording.start(
        act_as("agent").recording(), one.pk, severity=None, category="D", queue="l1", at=timezone.now()
    )
    merge(act_as("agent"), ticket=one, into=other, revision=one.revision)
    flag_security(act_as("agent"), ticket=other, reason="A stranger's session")
    assert not any(state.is_open for state in clocks.states([one.pk], timezone.now())[one.pk])
    back = unmerge(act_as("support_lead"), ticket=one)
    assert (back.state, back.is_security, back.queue) == ("new", True, "security")
    [moved] = ClockEvent.objects.filter(subject=one.pk, kind="policy_applied").order_by("-number")[:1]
    assert moved.facts["queue"] == "security"


def test_a_stranger_is_not_brought_into_a_ticket_of_others(pair: tuple[Ticket, Ticket], act_as: Any) -> None:
    one, other = pair
    act = act_as("agent")
    stranger = participants.add(one, address="eve@evil.test")
    participants.add(other, address="Jane@acacia.test", person="u-jane")
    for row, into in ((one, other), (other, one)):
        with pytest.raises(StateConflict) as caught:
            merge(act, ticket=row, into=into, revision=row.revision)
        assert caught.value.reason is Reason.TICKET_STATE
    # By mail from the address of somebody who takes part there with an account: the same person.
    own = open_for(other.tenant, subject="By mail")
    participants.add(own, address="jane@acacia.test")
    merge(act, ticket=own, into=other, revision=own.revision)
    # Somebody who was erased can no longer write, and is told nothing.
    values = {"address": "", "name": "", "digest": f"erased:{stranger.pk.hex}"}
    Participant.objects.filter(pk=stranger.pk).update(**values)
    merge(act, ticket=one, into=other, revision=one.revision)


def test_links_are_removed_and_stay_in_the_table(pair: tuple[Ticket, Ticket], act_as: Any) -> None:
    one, other = pair
    act = act_as("agent")
    link(act, ticket=one, other=other)
    assert queries.linked(act.actor, one) == [other]
    assert queries.linked(act.actor, other) == [one]
    with pytest.raises(StateConflict):
        link(act, ticket=other, other=one)
    unlink(act, ticket=other, other=one)
    assert (queries.linked(act.actor, one), TicketLink.objects.count()) == ([], 1)
    with pytest.raises(RouteNotFound):
        unlink(act, ticket=one, other=other)


def test_a_ticket_waits_for_an_incident_and_goes_on(pair: tuple[Ticket, Ticket], act_as: Any) -> None:
    one, _other = pair
    act = act_as("agent")
    incident = open_incident_for("Exports fail")
    with pytest.raises(StateConflict) as caught:
        attach(act, ticket=one, incident=incident, revision=one.revision)
    assert caught.value.reason is Reason.NOT_TRIAGED
    one = triage(act, ticket=one, revision=one.revision, **CLASSES)
    one = attach(act, ticket=one, incident=incident, revision=one.revision)
    assert (one.state, one.incident) == ("on_incident", incident)
    one = detach(act, ticket=one, revision=one.revision)
    assert (one.state, one.incident_id) == ("triaged", None)


def test_two_agents_merge_each_into_the_other(committed_tenant: Any, threads: Any, act_as: Any) -> None:
    tenant = committed_tenant()
    host = Tenant.objects.get(schema_name="public")
    connection.set_tenant(host)
    pair = [open_for(tenant, subject=name) for name in ("One", "Other")]

    def work(number: int) -> str:
        try:
            mine, theirs = pair[number], pair[1 - number]
            merge(act_as("agent", tenant=host), ticket=mine, into=theirs, revision=mine.revision)
        except Refusal as refusal:
            return str(refusal.reason)
        return "merged"

    assert sorted(threads(2, work)) in (["TICKET_CHANGED", "merged"], ["TICKET_STATE", "merged"])
    assert Ticket.objects.filter(pk__in=[one.pk for one in pair], state="duplicate").count() == 1
