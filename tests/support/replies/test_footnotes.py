"""The evidence of a reply is derived again from the tenant's trail, also 90 days later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.kernel.refusals import PermissionDenied, Reason
from support.access.actions import end_access, request_access
from support.replies.actions.sending import send_reply
from support.replies.footnotes import derive_again
from support.tickets.models import Message, Ticket
from tests.factories.desk import open_for
from tests.factories.investigated import investigated
from tests.support.evidence.scene import Scene, scene


@pytest.fixture
def desk(public: Any, act_as: Any, client_as: Any) -> Scene:
    return scene(act_as, client_as)


@pytest.fixture
def cited(desk: Scene, write: Any) -> tuple[Ticket, Message]:
    """A reply about a refusal that really happened in the tenant."""
    link = desk.link(desk.refuse())
    ticket = open_for(desk.tenant, subject="Cannot create an item", text="It was refused.")
    Ticket.objects.filter(pk=ticket.pk).update(state="triaged", category="B", severity=3)
    Ticket.objects.filter(pk=ticket.pk).update(state="investigating")
    investigated(ticket, links=[link], determined="rbac")
    draft = write("permission", on=ticket)
    seen = Ticket.objects.get(pk=ticket.pk).revision
    message = send_reply(desk.agent, ticket=ticket, revision=seen, draft_revision=draft.revision)
    return Ticket.objects.get(pk=ticket.pk), message


def test_it_is_the_same_90_days_later_and_sealed(desk, cited):
    ticket, message = cited
    [note] = derive_again(desk.agent, ticket, message)
    assert (note.number, note.state) == (1, "same")
    desk.seal()
    with time_machine.travel(timezone.now() + timedelta(days=90)):
        request_access(desk.agent, tenant=desk.tenant, ticket=ticket.ref, minutes=15)
        [note] = derive_again(desk.agent, ticket, message)
    assert note.state == "proved"
    assert note.checked.now.event_hash == note.checked.link.event_hash


def test_a_changed_event_is_found(desk, cited):
    ticket, message = cited
    desk.seal()
    with tenant_context(desk.tenant), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_event SET duration_ms = duration_ms + 1 WHERE outcome = 'refused'")
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    [note] = derive_again(desk.agent, ticket, message)
    assert note.state == "differs"
    assert note.checked.problem


def test_without_an_open_session_nothing_is_read(desk, cited):
    ticket, message = cited
    end_access(desk.agent, session=desk.session)
    with pytest.raises(PermissionDenied) as caught:
        derive_again(desk.agent, ticket, message)
    assert caught.value.reason is Reason.ACCESS_NOT_OPEN


def test_the_thread_shows_it_and_leads_to_its_page(desk, cited, client_as):
    ticket, message = cited
    client = client_as("agent")
    shown = client.get(f"/support/tickets/{ticket.ref}/").content.decode()
    address = f"/support/tickets/{ticket.ref}/evidence/{message.pk}/"
    assert address in shown
    assert f'id="note-{message.pk}-1"' in shown
    page = client.get(address)
    assert page.status_code == 200
    assert "Unchanged, not sealed" in page.content.decode()


def test_a_message_of_another_ticket_is_not_found(desk, cited, client_as):
    _ticket, message = cited
    other = open_for(desk.tenant, subject="Another")
    assert client_as("agent").get(f"/support/tickets/{other.ref}/evidence/{message.pk}/").status_code == 404
