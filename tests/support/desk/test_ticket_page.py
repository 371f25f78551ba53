"""The ticket page: what it shows, who else has it open, and that somebody else has changed it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from plans.models import Tenant
from support.desk import presence
from support.incidents.models import Incident
from support.tickets.models import Ticket
from tests.factories.desk import open_for, open_incident_for
from tests.factories.people import add_person


@pytest.fixture
def ticket(public: Tenant) -> Any:
    return open_for(
        Tenant.objects.get(slug="acacia"), subject="Cannot create an item", text="It says **no**."
    )


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_shows_the_thread_and_what_it_is_about(ticket: Any, client_as: Any) -> None:
    page = text_of(client_as("agent").get(f"/support/tickets/{ticket.ref}/"))
    assert "<strong>no</strong>" in page
    assert "Cannot create an item" in page
    assert "Acacia" in page


def test_a_text_of_a_customer_cannot_put_markup_on_the_page(public: Tenant, client_as: Any) -> None:
    hostile = open_for(
        Tenant.objects.get(slug="acacia"),
        subject="<script>alert(1)</script>",
        text="<img src=x onerror=alert(1)> [x](javascript:alert(1))",
    )
    page = client_as("agent").get(f"/support/tickets/{hostile.ref}/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert 'href="javascript:' not in page


def test_a_ticket_that_nobody_has_classified_names_all_active_incidents(ticket: Any, client_as: Any) -> None:
    first, second = open_incident_for("Receipts fail"), open_incident_for("Exports fail")
    done = open_incident_for("Counts fail")
    Incident.objects.filter(pk=done.pk).update(state="resolved", resolved_at=done.opened_at)
    address = f"/support/tickets/{ticket.ref}/"
    page = text_of(client_as("agent").get(address))
    line = page[page.index("Active incidents:") :].split("</p>")[0]
    assert [f"/support/incidents/{one.ref}/" in line for one in (first, second, done)] == [True, True, False]
    assert "Receipts fail" in line
    Ticket.objects.filter(pk=ticket.pk).update(category="D", severity=4, state="triaged")
    assert "Active incidents:" not in text_of(client_as("agent").get(address))


@pytest.mark.parametrize("ref", ["T-999999", "T-x", "12", "T-000001'--", "T-%00"])
def test_an_unknown_reference_is_refused(public: Tenant, client_as: Any, ref: str) -> None:
    assert client_as("agent").get(f"/support/tickets/{ref}/").status_code == 404


def test_two_agents_see_each_other_and_who_writes(ticket: Any, client_as: Any) -> None:
    address = f"/support/tickets/{ticket.ref}/present/"
    first, second = client_as("agent"), client_as(user=add_person("agent", name="bob"))
    seen = {"revision": str(ticket.revision)}
    assert "has this ticket open" not in text_of(first.post(address, seen))
    assert "Agent has this ticket open" in text_of(second.post(address, {**seen, "writing": "yes"}))
    assert "Bob is writing" in text_of(first.post(address, seen))
    assert "Bob is writing" in text_of(first.get(f"/support/tickets/{ticket.ref}/"))
    with time_machine.travel(timezone.now() + presence.FORGOTTEN + timedelta(seconds=1), tick=False):
        assert presence.others(add_person("agent", name="eve"), ticket) == []


def test_presence_says_that_the_ticket_has_changed(ticket: Any, client_as: Any) -> None:
    address, client = f"/support/tickets/{ticket.ref}/present/", client_as("agent")
    assert "has changed" not in text_of(client.post(address, {"revision": str(ticket.revision)}))
    assert "has changed" in text_of(client.post(address, {"revision": str(ticket.revision - 1)}))


def test_presence_is_for_people_who_may_see_the_ticket(public: Tenant, client_as: Any) -> None:
    secret = open_for(Tenant.objects.get(slug="acacia"), subject="Leaked key", is_security=True)
    assert client_as("agent").post(f"/support/tickets/{secret.ref}/present/").status_code == 404
    assert client_as("operator").post(f"/support/tickets/{secret.ref}/present/").status_code == 403
