"""A tenant's own tickets as pages: who sees which, what is never shown, and nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.request_ids import uuid7
from audit.disclosure.models import TicketStatement
from plans.models import Tenant
from support.help import rules
from support.incidents.models import Incident, IncidentEntry
from support.incidents.opening import add_entry, open_incident
from support.knowledge.models import KnownIssue
from support.tickets import changes
from support.tickets.models import Message, Participant, State, Ticket
from tests.factories import tenants
from tests.factories.desk import open_in
from tests.factories.investigated import investigated
from tests.headers import JSON

LIST = "/help/tickets/"


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def ref(acacia: Tenant, act_as: Any) -> str:
    """The viewer's pseudonym."""
    return str(act_as("viewer").actor.ref)


def add(ticket: Ticket, text: str, *, kind: str = "reply", **options: Any) -> Message:
    act = new_act(tenants.public(), system("public", "tests", Permission.SUPPORT_RECEIVE)).recording()
    row = changes.locked_row(act, ticket)
    if kind == "reply" and not hasattr(row, "investigation"):
        investigated(row)
    return changes.add_message(act, row, kind=kind, text=text, **options)


def merge(ticket: Ticket, into: Ticket) -> None:
    act = new_act(tenants.public(), system("public", "tests", Permission.SUPPORT_RECEIVE)).recording()
    changes.merge_into(act, changes.locked(act, ticket), changes.locked(act, into))


def test_people_see_their_own_tickets_and_those_who_decide_about_access_see_all(
    acacia: Tenant, birch: Tenant, client_as: Any, act_as: Any, ref: str
) -> None:
    own = open_in(State.NEW, acacia, subject="Zebu receipt", reporter=ref)
    others = open_in(State.NEW, acacia, subject="Yak export", reporter=act_as("counter").actor.ref)
    foreign = open_in(State.NEW, birch, subject="Xerus count", reporter=ref)
    shown = {role: text_of(client_as(role).get(LIST)) for role in ("viewer", "counter", "owner")}
    assert ("Zebu" in shown["viewer"], "Yak" in shown["viewer"]) == (True, False)
    assert ("Zebu" in shown["counter"], "Yak" in shown["counter"]) == (False, True)
    assert ("Zebu" in shown["owner"], "Yak" in shown["owner"]) == (True, True)
    assert not any("Xerus" in page for page in shown.values())
    for role, ticket, status in (
        ("viewer", own, 200),
        ("viewer", others, 404),
        ("owner", others, 200),
        ("owner", foreign, 404),
    ):
        assert client_as(role).get(f"{LIST}{ticket.ref}/").status_code == status


def test_somebody_who_takes_part_in_a_ticket_sees_it(acacia: Tenant, client_as: Any, act_as: Any) -> None:
    ticket = open_in(State.NEW, acacia, subject="Zebu")
    assert client_as("viewer").get(f"{LIST}{ticket.ref}/").status_code == 404
    Participant.objects.create(ticket=ticket, person=act_as("viewer").actor.ref, digest="0" * 64)
    assert client_as("viewer").get(f"{LIST}{ticket.ref}/").status_code == 200


def test_a_security_ticket_is_shown_to_the_people_in_it_only(
    acacia: Tenant, client_as: Any, ref: str
) -> None:
    ticket = open_in(State.NEW, acacia, subject="Leaked", reporter=ref, is_security=True)
    assert client_as("viewer").get(f"{LIST}{ticket.ref}/").status_code == 200
    assert client_as("owner").get(f"{LIST}{ticket.ref}/").status_code == 404
    assert "Leaked" not in text_of(client_as("owner").get(LIST))


def test_the_page_shows_the_thread_without_internal_notes(acacia: Tenant, client_as: Any, ref: str) -> None:
    ticket = open_in(State.INVESTIGATING, acacia, subject="Zebu", text="<b>Why</b>?", reporter=ref)
    add(ticket, "The rule is **items.max**. <script>alert(1)</script>")
    add(ticket, "He sounds angry.", kind="note")
    erased = add(ticket, "gone", kind="answer", author_type="customer", author=f"{acacia.schema_name}:{ref}")
    Message.objects.filter(pk=erased.pk).update(text="")
    shown = text_of(client_as("viewer").get(f"{LIST}{ticket.ref}/"))
    assert "&lt;b&gt;Why&lt;/b&gt;?" in shown
    assert "<strong>items.max</strong>" in shown
    assert "<script>alert" not in shown
    assert "angry" not in shown
    assert "This text was erased." in shown
    assert "In progress" in shown


def test_the_thread_of_a_merged_ticket_shows_what_support_writes_on_the_other_from_then_on(
    acacia: Tenant, client_as: Any, act_as: Any, ref: str
) -> None:
    mine = open_in(State.NEW, acacia, subject="Zebu", text="My words", reporter=ref)
    theirs = open_in(
        State.INVESTIGATING, acacia, subject="Yak", text="Private words", reporter="u-other00000"
    )
    last = open_in(State.INVESTIGATING, acacia, subject="Ibex", reporter="u-other00000")
    add(theirs, "Their limit is 500")
    add(last, "The stock of A-1")
    merge(mine, theirs)
    add(theirs, "My answer", kind="answer", author_type="customer", author=f"{acacia.schema_name}:{ref}")
    add(theirs, "Said between the merges")
    add(last, "Before the second merge")
    merge(theirs, last)
    add(last, "The answer for both")
    shown = text_of(client_as("viewer").get(f"{LIST}{mine.ref}/"))
    assert ("My words" in shown, "The answer for both" in shown, "Private words" in shown) == (
        True,
        True,
        False,
    )
    assert [text in shown for text in ("My answer", "Said between the merges")] == [True, True]
    for earlier in (
        "Their limit is 500",
        "The stock of A-1",
        "Before the second merge",
        theirs.ref,
        last.ref,
    ):
        assert earlier not in shown
    owner = text_of(client_as("owner").get(f"{LIST}{theirs.ref}/"))
    assert "My words" in owner
    assert last.ref in text_of(client_as("owner").get(f"{LIST}{mine.ref}/"))
    Ticket.objects.filter(pk=last.pk).update(is_security=True)
    assert "The answer for both" not in text_of(client_as("owner").get(f"{LIST}{mine.ref}/"))


def test_answering_confirming_rating_and_reopening(acacia: Tenant, client_as: Any, ref: str) -> None:
    viewer = client_as("viewer")
    asked = open_in(State.WAITING_CUSTOMER, acacia, subject="Zebu", reporter=ref)
    done = open_in(State.RESOLVED, acacia, subject="Yak", reporter=ref)
    for ticket, step, sent in (
        (asked, "answer", {"text": "Bin A-1"}),
        (done, "confirm", {}),
        (done, "rate", {"rating": "bad"}),
        (done, "reopen", {"text": "It is back"}),
    ):
        answered = viewer.post(f"{LIST}{ticket.ref}/{step}/", sent)
        assert (answered.status_code, answered["Location"]) == (302, f"{LIST}{ticket.ref}/")
    said = TicketStatement.objects.order_by("stated_at", "id").values_list("kind", "is_good")
    assert list(said) == [("answer", None), ("confirm", None), ("rate", False), ("reopen", None)]


def test_a_refusal_is_shown_on_the_ticket_and_nothing_typed_is_lost(
    acacia: Tenant, client_as: Any, ref: str
) -> None:
    viewer = client_as("viewer")
    ticket = open_in(State.CLOSED, acacia, subject="Zebu", reporter=ref)
    page = f"{LIST}{ticket.ref}/"
    answered = viewer.post(f"{page}answer/", {"text": "My long answer"})
    assert answered.status_code == 409
    assert "This ticket is closed, so it cannot be answered." in text_of(answered)
    refused = viewer.post(f"{page}reopen/", {"text": "x" * 4_001})
    assert (refused.status_code, "x" * 4_001 in refused.content.decode()) == (400, True)
    assert viewer.post(f"{page}rate/", {"rating": "superb"}).status_code == 400
    assert viewer.post(f"{page}reopen/", {}, headers=JSON).json()["code"] == "VALIDATION_FAILED"


def test_each_state_has_a_word(acacia: Tenant) -> None:
    assert set(rules.SHOWN) == set(State.values)


def test_known_issues_are_shown_if_they_are_public(acacia: Tenant, client_as: Any, ref: str) -> None:
    ticket = open_in(State.NEW, acacia, subject="Zebu", reporter=ref)
    for number, (public, state) in enumerate(((True, "open"), (False, "open"), (True, "withdrawn")), start=1):
        issue = KnownIssue.objects.create(
            id=uuid7(),
            ref=f"KI-{number}",
            title=f"Issue {number}",
            workaround="Use **bin** A-1",
            is_public=public,
            state=state,
        )
        Ticket.objects.filter(pk=ticket.pk).update(known_issue=issue)
        own = text_of(client_as("viewer").get(f"{LIST}{ticket.ref}/"))
        assert (f"Issue {number}" in own) is (public and state == "open")
    shown = text_of(client_as("viewer").get("/help/known-issues/"))
    assert [f"Issue {number}" in shown for number in (1, 2, 3)] == [True, False, False]
    assert "<strong>bin</strong>" in shown


def test_the_notices_of_a_tickets_incident_are_on_its_page(acacia: Tenant, client_as: Any, ref: str) -> None:
    act = new_act(tenants.public(), system("public", "tests", Permission.SUPPORT_RECEIVE)).recording()
    opened = open_incident(act, title="Of T-000999", severity=2, notice="We look <b>into it</b>.")
    add_entry(act, opened, IncidentEntry.Kind.UPDATE, "The disk of Birch is full.")
    ticket = open_in(State.ON_INCIDENT, acacia, subject="Zebu", reporter=ref, incident=opened)
    other = open_in(State.NEW, acacia, subject="Yak", reporter=ref)
    copy = open_in(State.NEW, acacia, subject="Copy", reporter=ref)
    merge(copy, ticket)
    for address, is_shown in (
        (LIST, True),
        (f"{LIST}{ticket.ref}/", True),
        (f"{LIST}{copy.ref}/", True),
        (f"{LIST}{other.ref}/", False),
    ):
        shown = text_of(client_as("viewer").get(address))
        assert ("We look &lt;b&gt;into it&lt;/b&gt;." in shown) is is_shown, address
        assert "disk of Birch" not in shown
        assert "T-000999" not in shown
    add_entry(act, opened, IncidentEntry.Kind.NOTICE, "We found it.")
    listed, page = (text_of(client_as("viewer").get(at)) for at in (LIST, f"{LIST}{ticket.ref}/"))
    assert ("We found it." in listed, "We look" in listed) == (True, False)
    assert page.index("We found it.") < page.index("We look")
    Incident.objects.filter(pk=opened.pk).update(state="resolved", resolved_at=opened.opened_at)
    assert "We found it." not in text_of(client_as("viewer").get(LIST))
    assert "We found it." in text_of(client_as("viewer").get(f"{LIST}{ticket.ref}/"))


def test_the_pages_are_not_on_the_public_host(public: Tenant, client_as: Any) -> None:
    with tenant_context(public):
        assert client_as("agent", tenant=public).get(LIST).status_code == 404
