"""What a tenant's person asks and says becomes a ticket and its messages: at once, once, and again after a crash."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from asora.accounts.people.actions.erasing import erase_person
from asora.kernel.refusals import PermissionDenied, PlanLimitExceeded, ValidationFailed
from asora.kernel.request_ids import new_request_id
from audit.disclosure import announcing
from audit.disclosure.actions.questions import ask_support
from audit.disclosure.models import Statement, SupportQuestion, TicketStatement
from audit.events.models import Event
from inventory.actions.vendors import create_vendor
from plans.models import FreezeToggle, Tenant
from support.tickets import changes, following, queries, receiving, required_info
from support.tickets.actions.working import note
from support.tickets.models import Message, Participant, RequiredInfo, Ticket
from tests.factories import tenants
from tests.factories.desk import act_of_asora, open_for
from tests.factories.people import person
from tests.support.tickets.test_work import finish


def sweep() -> None:
    connection.set_schema_to_public()
    following.sweep()


def refused(act: Any) -> str:
    """A refusal of this person in the bound tenant; returns its request id."""
    with pytest.raises((PermissionDenied, ValidationFailed, PlanLimitExceeded)):
        create_vendor(act, code="V-9", name="Nine")
    return str(act.request_id)


def ask(act: Any, *, about: str, question: str = "Why was this refused?", topic: str = "") -> SupportQuestion:
    asked: SupportQuestion = ask_support(act, about=about, question=question, topic=topic)
    announcing.announce(act)
    return asked


def said(
    tenant: Tenant, ticket: Ticket, act: Any, *, kind: str, text: str = "", good: bool | None = None
) -> Any:
    """What the tenant's own action writes."""
    statement = None
    if text:
        statement = Statement(author=act.actor.ref, text=text, length=len(text))
        statement.save()
    row = TicketStatement(
        ticket=ticket.pk, ticket_ref=ticket.ref, kind=kind, statement=statement, is_good=good,
        stated_by=act.actor.ref, request_id=act.request_id,
    )  # fmt: skip
    row.save()
    return row


def test_a_question_about_a_refusal_is_a_complete_ticket(acacia: Tenant, act_as: Any, events: Any) -> None:
    viewer = act_as("viewer")
    about = refused(viewer)
    asking = act_as("viewer")
    question = ask(asking, about=about, question="Why may I not add a vendor?\nI need one.")
    assert connection.schema_name == acacia.schema_name
    ticket = Ticket.objects.get()
    assert (ticket.tenant, ticket.source, ticket.origin) == (acacia, "question", question.pk)
    assert (ticket.category, ticket.code, ticket.reason) == (
        "B",
        "PERMISSION_DENIED",
        "ROLE_LACKS_PERMISSION",
    )
    assert (ticket.action, ticket.about, ticket.reporter) == (
        "inventory.vendor.create", about, viewer.actor.ref,
    )  # fmt: skip
    assert ticket.subject == "Why may I not add a vendor?"
    assert required_info.missing(ticket) == []
    given = {one.needed.key: one.row.value for one in required_info.of(ticket) if one.row}
    assert given == {"person": viewer.actor.ref, "action": "inventory.vendor.create", "request": about}
    [message] = queries.thread(ticket)
    assert (message.author, message.author_type, message.origin) == (
        f"{acacia.schema_name}:{viewer.actor.ref}", "customer", question.pk,
    )  # fmt: skip
    [participant] = Participant.objects.filter(ticket=ticket)
    assert participant.address == "viewer@example.com"
    with tenant_context(tenants.public()):
        [event] = Event.objects.filter(action="support.ticket.receive")
    assert (event.outcome, event.cause_id, event.ticket_ref) == ("allowed", asking.request_id, ticket.ref)
    assert "vendor?" not in str(event.__dict__)


@pytest.mark.parametrize(("topic", "category"), [("E", "E"), ("", "")], ids=["with a topic", "without"])
def test_a_question_without_an_event_says_what_is_missing(
    acacia: Tenant, act_as: Any, topic: str, category: str
) -> None:
    ask(act_as("owner"), about=new_request_id("acacia"), topic=topic)
    ticket = Ticket.objects.get()
    assert ticket.category == category
    missing = {one.key for one in required_info.missing(ticket)}
    assert missing == ({"place", "period"} if topic else set())


def test_a_named_request_is_not_asked_for_again_if_its_event_was_not_found(
    acacia: Tenant, act_as: Any
) -> None:
    about = new_request_id("acacia")
    ask(act_as("owner"), about=about, topic="D")
    ticket = Ticket.objects.get()
    assert [one.key for one in required_info.missing(ticket)] == ["payload"]
    row = RequiredInfo.objects.get(ticket=ticket, key="request")
    assert (row.source, row.value) == ("customer", about)


def test_somebody_sees_in_the_facts_only_their_own_events(acacia: Tenant, act_as: Any) -> None:
    about = refused(act_as("viewer"))
    ask(act_as("counter"), about=about)
    assert SupportQuestion.objects.get().facts == {}
    ask(act_as("owner"), about=about)
    assert SupportQuestion.objects.latest("asked_at").facts["code"] == "PERMISSION_DENIED"


def test_it_happens_once_however_often_it_is_followed(acacia: Tenant, act_as: Any) -> None:
    act = act_as("owner")
    ask(act, about=new_request_id("acacia"))
    announcing.announce(act)
    sweep()
    sweep()
    assert Ticket.objects.count() == 1
    assert Message.objects.count() == 1
    # Two attempts by hand; a sweep does not even try.
    assert Event.objects.filter(action="support.ticket.receive").count() == 2


def test_the_sweep_finds_what_a_crash_left_out(acacia: Tenant, act_as: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(following, "receive_question", _broken)
    act = act_as("owner")
    ask(act, about=new_request_id("acacia"))  # the error does not reach the person
    assert not Ticket.objects.exists()
    monkeypatch.undo()
    sweep()
    assert Ticket.objects.count() == 1


def _broken(*_args: Any, **_values: Any) -> None:
    raise RuntimeError("the worker was killed")


@pytest.fixture
def ticket(acacia: Tenant, act_as: Any) -> Ticket:
    ask(act_as("owner"), about=new_request_id("acacia"), topic="D")
    return Ticket.objects.get()


def test_an_answer_is_added_once_and_the_desk_goes_on(acacia: Tenant, act_as: Any, ticket: Ticket) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(severity=4, state="triaged")
    Ticket.objects.filter(pk=ticket.pk).update(state="waiting_customer")
    act = act_as("owner")
    said(acacia, ticket, act, kind="answer", text="I typed a letter.")
    announcing.announce(act)
    announcing.announce(act)
    sweep()
    found = Ticket.objects.get(pk=ticket.pk)
    assert (found.state, found.revision) == ("triaged", ticket.revision + 2)
    assert [message.kind for message in queries.thread(found)] == ["question", "answer"]


def test_a_late_confirmation_closes_no_later_resolution(acacia: Tenant, act_as: Any, ticket: Ticket) -> None:
    early, later = act_as("owner"), act_as("owner")
    with tenant_context(tenants.public()):
        ticket = finish(ticket)
    said(acacia, ticket, early, kind="confirm")  # and the process ends before it is followed
    act = act_of_asora().recording()
    with tenant_context(tenants.public()):
        row = receiving.reopen(act, changes.locked(act, ticket))
        changes.move(act, row, "resolved", close_reason="solved")
    sweep()
    found = Ticket.objects.get(pk=ticket.pk)
    assert (found.state, found.is_confirmed) == ("resolved", None)
    with tenant_context(acacia):
        said(acacia, ticket, later, kind="confirm")
    sweep()
    found = Ticket.objects.get(pk=ticket.pk)
    assert (found.state, found.is_confirmed) == ("closed", True)


def test_a_late_confirmation_of_a_merged_ticket_closes_no_other(
    acacia: Tenant, act_as: Any, ticket: Ticket
) -> None:
    owner, act = act_as("owner"), act_of_asora().recording()
    with tenant_context(tenants.public()):
        ticket, other = finish(ticket), finish(open_for(acacia, subject="Other", category="D"))
        changes.merge_into(act, changes.locked(act, ticket), changes.locked(act, other))
    said(acacia, ticket, owner, kind="confirm")
    sweep()
    assert Ticket.objects.get(pk=other.pk).state == "resolved"


def test_a_rating_is_one_click_that_can_be_changed(acacia: Tenant, act_as: Any, ticket: Ticket) -> None:
    for good in (True, False):
        act = act_as("owner")
        said(acacia, ticket, act, kind="rate", good=good)
        announcing.announce(act)
    found = Ticket.objects.get(pk=ticket.pk)
    assert found.satisfaction.is_good is False
    sweep()
    assert Ticket.objects.get(pk=ticket.pk).satisfaction.is_good is False


def test_nobody_speaks_about_a_ticket_of_another_tenant(
    acacia: Tenant, birch: Tenant, act_as: Any, ticket: Ticket
) -> None:
    with tenant_context(birch):
        act = act_as("owner", tenant=birch)
        said(birch, ticket, act, kind="answer", text="Let me in.")
        announcing.announce(act)
    sweep()
    assert [message.kind for message in queries.thread(ticket)] == ["question"]
    with tenant_context(tenants.public()):
        [event] = Event.objects.filter(action="support.ticket.hear")
    assert (event.outcome, event.code) == ("refused", "ROUTE_NOT_FOUND")


def test_a_freeze_opens_one_ticket_for_level_three(acacia: Tenant) -> None:
    FreezeToggle(
        tenant=acacia, kind="freeze", text="Counts differ", toggled_by="u-lead000000", request_id="public-1"
    ).save()
    sweep()
    sweep()
    ticket = Ticket.objects.get()
    assert (ticket.source, ticket.queue, ticket.category, ticket.severity) == ("system", "l3", "H", 3)
    [message] = queries.thread(ticket)
    assert message.is_internal
    assert "Counts differ" in message.text


def test_erasing_a_person_reaches_their_tickets(acacia: Tenant, act_as: Any, client_as: Any) -> None:
    viewer = person("viewer", acacia)
    about = refused(act_as("viewer"))
    ask(act_as("viewer"), about=about, question="Zebulon asks why.")
    ticket = Ticket.objects.get()
    with tenant_context(tenants.public()):
        agent = act_as("agent", tenant=tenants.public())
        note(agent, ticket=ticket, text="Zebulon called.")
        act = act_of_asora().recording()
        row = changes.locked_row(act, ticket)
        required_info.give(act, row, "versions", value="The browser of Zebulon", source="agent")
    erase_person(act_as("owner"), person=viewer)
    sweep()
    found = Ticket.objects.get(pk=ticket.pk)
    assert (found.subject, [message.text for message in queries.thread(found)]) == ("", ["", ""])
    information = RequiredInfo.objects.filter(ticket=ticket)
    assert not information.filter(value__contains="Zebulon").exists()
    assert information.get(key="request").value == about
    [participant] = Participant.objects.filter(ticket=ticket)
    assert (participant.address, participant.name) == ("", "")
    assert participant.digest.startswith("erased:")
    with tenant_context(tenants.public()):
        later = note(act_as("agent", tenant=tenants.public()), ticket=ticket, text="Another customer asks.")
    before = Event.objects.count()
    sweep()
    assert Event.objects.count() == before
    assert Message.objects.get(pk=later.pk).text == "Another customer asks."


def test_the_request_and_the_sweep_open_one_ticket(committed_tenant: Any, threads: Any, act_as: Any) -> None:
    tenant = committed_tenant()
    asking = act_as("owner")
    ask_support(asking, about=new_request_id(tenant.slug), question="Why?")

    def follow(number: int) -> None:
        if number:
            following.sweep()
        else:
            following.follow(tenant, asking.request_id)

    assert threads(4, follow) == [None] * 4
    with tenant_context(tenants.public()):
        assert Ticket.objects.filter(tenant=tenant).count() == 1
        outcomes = Event.objects.filter(cause_id=asking.request_id).values_list("outcome", flat=True)
        assert min(outcomes) == "allowed"
        assert set(outcomes) <= {"allowed", "noop"}


def test_an_erasure_reaches_the_desk_at_its_commit(committed_tenant: Any, act_as: Any) -> None:
    tenant = committed_tenant()
    viewer = person("viewer", tenant)
    asking = act_as("viewer")
    ask(asking, about=new_request_id(tenant.slug), question="Zebulon asks why.")
    erase_person(act_as("owner"), person=viewer)
    with tenant_context(tenants.public()):
        ticket = Ticket.objects.get(tenant=tenant)
        assert (ticket.subject, [message.text for message in queries.thread(ticket)]) == ("", [""])
    assert connection.schema_name == tenant.schema_name
