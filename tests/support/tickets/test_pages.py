"""The forms of the ticket page: what they do, what a refusal shows again, and who sees what."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plans.models import Tenant
from support.tickets.models import Message, Ticket
from tests.factories.desk import open_for, open_incident_for

TRIAGE = {
    "category": "D", "severity": "4", "issue_type": "question", "environment": "production", "component": "inventory",
}  # fmt: skip


@pytest.fixture
def tenant(public: Tenant) -> Tenant:
    return Tenant.objects.get(slug="acacia")


@pytest.fixture
def ticket(tenant: Tenant) -> Ticket:
    return open_for(
        tenant, subject="Refused", text="It was refused.", category="D", code="VALIDATION_FAILED",
        action="inventory.item.create", reason="SKU_TAKEN",
    )  # fmt: skip


@pytest.fixture
def agent(public: Tenant, client_as: Any) -> Any:
    return client_as("agent", tenant=public)


def page_of(ticket: Ticket) -> str:
    return f"/support/tickets/{ticket.ref}/"


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_an_agent_classifies_and_passes_a_ticket_on(ticket: Ticket, agent: Any) -> None:
    page = page_of(ticket)
    shown = text_of(agent.get(page))
    assert "The category is proposed by the audit event." in shown
    assert "Classify the ticket" in shown
    sent = agent.post(f"{page}triage/", {**TRIAGE, "revision": ticket.revision})
    assert (sent.status_code, sent["Location"]) == (302, page)
    agent.post(f"{page}requeue/", {"queue": "l2", "reason": "Needs the ledger"})
    agent.post(f"{page}note/", {"text": "Called them."})
    agent.post(f"{page}inform/", {"payload": "sku: A-1", "from_customer": "on"})
    agent.post(f"{page}doc-gap/", {"is_gap": "yes"})
    found = Ticket.objects.get(pk=ticket.pk)
    assert (found.state, found.queue, found.is_doc_gap) == ("triaged", "l2", True)
    shown = text_of(agent.get(page))
    for text in ("Called them.", "sku: A-1", "Change the classification", "The documentation lacks it"):
        assert text in shown


def test_a_refused_form_shows_what_was_typed(ticket: Ticket, agent: Any) -> None:
    page = page_of(ticket)
    refused = agent.post(f"{page}triage/", {**TRIAGE, "category": "", "revision": ticket.revision})
    assert refused.status_code == 400
    refused = agent.post(f"{page}merge/", {"other": "T-999999", "revision": ticket.revision})
    assert (refused.status_code, "T-999999" in text_of(refused)) == (400, True)
    assert "You see no ticket with this reference." in text_of(refused)
    stale = agent.post(f"{page}triage/", {**TRIAGE, "revision": ticket.revision + 5})
    assert (stale.status_code, "since you opened it" in text_of(stale)) == (409, True)


def test_a_duplicate_is_shown_merged_and_taken_apart(tenant: Tenant, ticket: Ticket, agent: Any) -> None:
    other = open_for(
        tenant, subject="Refused again", text="It was refused again.", category="D", code="VALIDATION_FAILED",
        action="inventory.item.create", reason="SKU_TAKEN",
    )  # fmt: skip
    shown = text_of(agent.get(page_of(other)))
    assert ticket.ref in shown
    assert "same error code, same action, same reason, within an hour" in shown
    sent = agent.post(f"{page_of(other)}merge/", {"other": ticket.ref, "revision": other.revision})
    assert sent["Location"] == page_of(ticket)
    assert "It was refused again." in text_of(agent.get(page_of(ticket)))
    assert "Undo the merge" in text_of(agent.get(page_of(other)))
    agent.post(f"{page_of(other)}unmerge/")
    assert Ticket.objects.get(pk=other.pk).state == "new"
    agent.post(f"{page_of(other)}link/", {"other": ticket.ref})
    assert "Linked:" in text_of(agent.get(page_of(ticket)))
    agent.post(f"{page_of(ticket)}unlink/", {"other": other.ref})
    assert "Linked:" not in text_of(agent.get(page_of(ticket)))


def test_a_ticket_waits_for_an_incident(ticket: Ticket, agent: Any) -> None:
    page = page_of(ticket)
    incident = open_incident_for("Exports fail")
    agent.post(f"{page}triage/", {**TRIAGE, "revision": ticket.revision})
    for address in ("attach", "detach"):
        revision = Ticket.objects.get(pk=ticket.pk).revision
        agent.post(f"{page}{address}/", {"incident": incident.pk, "revision": revision})
        expected = "on_incident" if address == "attach" else "triaged"
        assert Ticket.objects.get(pk=ticket.pk).state == expected


def test_who_marks_a_security_matter_does_not_see_it_afterwards(
    ticket: Ticket, agent: Any, client_as: Any, public: Tenant
) -> None:
    page = page_of(ticket)
    sent = agent.post(f"{page}security/", {"reason": "A stranger's session"})
    assert sent["Location"] == "/support/"
    assert agent.get(page).status_code == 404
    lead = client_as("support_lead", tenant=public)
    assert "Security matter: A stranger" in text_of(lead.get(page))
    assert agent.post(f"{page}no-security/", {"reason": "x"}).status_code == 403
    lead.post(f"{page}no-security/", {"reason": "It was their own"})
    assert agent.get(page).status_code == 200


def test_an_agent_opens_a_ticket_by_hand(tenant: Tenant, agent: Any) -> None:
    typed = {
        "tenant": tenant.pk, "title": "Cannot issue", "text": "They called.", "about": "birch-1",
        "name": "Kim Olsen", "address": "kim@customer.test",
    }  # fmt: skip
    refused = agent.post("/support/tickets/new/", typed)
    assert (refused.status_code, "They called." in text_of(refused)) == (400, True)
    sent = agent.post("/support/tickets/new/", {**typed, "about": ""})
    ticket = Ticket.objects.get()
    assert sent["Location"] == page_of(ticket)
    assert Message.objects.get(ticket=ticket).text == "They called."
    assert "Kim Olsen" in text_of(agent.get(page_of(ticket)))


def test_a_stray_ticket_gets_its_tenant_once(tenant: Tenant, agent: Any) -> None:
    stray = open_for(None, subject="Hello", text="Who are you?", source="mail")
    assert "Nobody knows to which tenant" in text_of(agent.get(page_of(stray)))
    agent.post(f"{page_of(stray)}tenant/", {"tenant": tenant.pk, "revision": stray.revision})
    assert Ticket.objects.get(pk=stray.pk).tenant == tenant


def test_the_panel_asks_a_bounded_number_of_questions(tenant: Tenant, ticket: Ticket, act_as: Any) -> None:
    from support.tickets.panel import panel

    act = act_as("agent")
    panel(act, ticket)
    with CaptureQueriesContext(connection) as few:
        panel(act, ticket)
    for number in range(12):
        open_for(tenant, subject=f"Refused {number}", text="It was refused.", code="VALIDATION_FAILED")
    with CaptureQueriesContext(connection) as many:
        panel(act, ticket)
    assert len(many) <= len(few) + 2


def test_unwanted_mail_is_discarded_and_restored(tenant: Tenant, ticket: Ticket, agent: Any) -> None:
    stray = open_for(None, subject="Buy now", text="Cheap!", source="mail")
    page = page_of(stray)
    assert "Discard: it is no request" in text_of(agent.get(page))
    agent.post(f"{page}discard/", {"revision": stray.revision})
    found = Ticket.objects.get(pk=stray.pk)
    assert (found.state, found.close_reason) == ("closed", "not_a_request")
    assert "Restore it" in text_of(agent.get(page))
    agent.post(f"{page}restore/", {"revision": found.revision})
    assert Ticket.objects.get(pk=stray.pk).state == "new"
    # A ticket of a tenant is never closed without an investigation.
    assert agent.post(f"{page_of(ticket)}discard/", {"revision": ticket.revision}).status_code == 409
    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk).update(
            state="closed", closed_at=timezone.now(), close_reason="not_a_request"
        )
