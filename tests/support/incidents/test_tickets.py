"""What an incident does to the tickets that belong to it: progress, updates and mitigation."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from plans.models import Tenant
from support.clocks import queries as clocks
from support.clocks import recording
from support.incidents.actions import move_incident, open_incident, post_entry
from support.incidents.models import Incident
from support.tickets.actions.classifying import reclassify, triage
from support.tickets.actions.working import clear_security, flag_security
from support.tickets.models import Ticket
from tests.factories.desk import open_for
from tests.support.tickets.test_classify import CLASSES


@pytest.fixture
def agent(public: Tenant, act_as: Any) -> Any:
    return act_as("agent")


@pytest.fixture
def incident(agent: Any) -> Incident:
    return open_incident(agent, title="Receipts are refused", severity=2)


@pytest.fixture
def ticket(agent: Any, incident: Incident) -> Ticket:
    """A Sev2 ticket that was answered and belongs to the incident."""
    ticket = open_for(Tenant.objects.get(slug="acacia"), subject="No receipts", text="Nothing is posted.")
    Ticket.objects.filter(pk=ticket.pk).update(incident=incident)
    now = timezone.now()
    recording.start(agent, ticket.pk, severity=2, category="H", queue=ticket.queue, at=now)
    recording.answered(agent, ticket.pk, now)
    return ticket


def state_of(ticket: Ticket, clock: str) -> str:
    [found] = [one for one in clocks.states([ticket.pk], timezone.now())[ticket.pk] if one.clock == clock]
    return found.state


def test_the_tickets_are_mitigated_with_it_and_are_not_if_it_is_open_again(agent, incident, ticket):
    assert state_of(ticket, "mitigate") == "running"
    move_incident(agent, incident=incident, state="mitigated")
    assert state_of(ticket, "mitigate") == "met"
    move_incident(agent, incident=incident, state="open")
    assert state_of(ticket, "mitigate") == "running"


@pytest.mark.parametrize(
    ("kind", "met"), [("update", {"nudge"}), ("notice", {"nudge", "update"}), ("lesson", {"nudge"})]
)
def test_an_entry_is_progress_and_a_notice_is_an_update(agent, incident, ticket, kind, met):
    before = set(_events(ticket))
    post_entry(agent, incident=incident, kind=kind, text="We found it.")
    assert {clock for _number, clock in set(_events(ticket)) - before} == met


def test_a_resolved_ticket_is_left_alone(agent, incident, ticket):
    recording.resolved(agent, ticket.pk, timezone.now())
    Ticket.objects.filter(pk=ticket.pk).update(resolved_at=timezone.now())
    before = _events(ticket)
    post_entry(agent, incident=incident, kind="notice", text="We found it.")
    move_incident(agent, incident=incident, state="mitigated")
    assert _events(ticket) == before


def test_the_inbox_finds_the_tickets_of_an_incident(incident, ticket, client_as):
    agent = client_as("support_lead")
    page = agent.get(f"/support/incidents/{incident.ref}/").content.decode()
    assert "1 ticket belongs to it" in page
    found = agent.get("/support/", {"state": "any", "q": incident.ref}).content.decode()
    assert ticket.ref in found
    assert ticket.ref not in agent.get("/support/", {"state": "any", "q": "INC-0099"}).content.decode()


def test_no_incident_tells_of_a_security_ticket(public, agent, act_as, client_as):
    found = triage(
        agent, ticket=(made := open_for(Tenant.objects.get(slug="acacia"), subject="No receipts", text="?")),
        revision=made.revision, **CLASSES | {"severity": 1},
    )  # fmt: skip
    incident = Incident.objects.get()
    flag_security(agent, ticket=found, reason="A stranger's session")
    for page in ("/support/incidents/", f"/support/incidents/{incident.ref}/"):
        content = client_as("agent").get(page).content.decode()
        assert (incident.ref in content, made.ref in content, "belongs to it</a>" in content) == (
            True,
            False,
            False,
        )
    lead = act_as("support_lead")
    row = Ticket.objects.get(pk=found.pk)
    Ticket.objects.filter(pk=found.pk).update(incident=None)
    reclassify(
        lead, ticket=row, revision=row.revision, reason="Graver", **CLASSES | {"severity": 1, "category": "H"}
    )
    assert Ticket.objects.get(pk=found.pk).incident is None
    cleared = clear_security(lead, ticket=row, reason="It was their own")
    assert cleared.incident is not None


def _events(ticket: Ticket) -> list[tuple[int, str]]:
    from support.models import ClockEvent

    return list(ClockEvent.objects.filter(subject=ticket.pk).values_list("number", "clock"))
