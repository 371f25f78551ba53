"""Tickets of the desk, opened without an action, so that trails start empty."""

from __future__ import annotations

from typing import Any

from asora.kernel.act import Act, new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from plans.models import Tenant
from support.incidents.models import Incident
from support.incidents.opening import open_incident
from support.tickets import changes
from support.tickets.models import Ticket
from tests.factories import tenants
from tests.factories.investigated import investigated


def act_of_asora() -> Act:
    """An act of Asora itself at the desk."""
    return new_act(tenants.public(), system("public", "tests", Permission.SUPPORT_RECEIVE))


def open_for(
    tenant: Tenant | None, *, subject: str, text: str = "", source: str = "hand", **fields: Any
) -> Ticket:
    """A new ticket of a tenant with its first message. `fields`: other values of the ticket."""
    act = act_of_asora().recording()
    ticket = changes.open_ticket(act, source=source, subject=subject, tenant=tenant, **fields)
    if text:
        changes.add_message(act, ticket, kind="question", text=text, author_type="customer")
    return ticket


#: The states on the way to a state, without the first.
_WAYS: dict[str, tuple[str, ...]] = {
    "new": (),
    "acknowledged": ("acknowledged",),
    "triaged": ("triaged",),
    "resolved": ("triaged", "investigating", "resolved"),
    "closed": ("triaged", "investigating", "resolved", "closed"),
}


def open_in(state: str, tenant: Tenant, *, subject: str, text: str = "", **fields: Any) -> Ticket:
    """A ticket of a tenant that was brought to a state by its transitions."""
    act = new_act(tenants.public(), system("public", "tests", Permission.SUPPORT_RECEIVE)).recording()
    ticket = open_for(tenant, subject=subject, text=text, **fields)
    for then in _WAYS.get(state, ("triaged", state)):
        values = {"category": "D", "severity": 4} if then == "triaged" else {}
        if then == "resolved":
            investigated(ticket)
            values = {"close_reason": "solved"}
        changes.move(act, changes.locked(act, ticket), then, **values)
    return Ticket.objects.get(pk=ticket.pk)


def open_incident_for(title: str) -> Incident:
    """An open incident without signatures."""
    opened = open_incident(act_of_asora().recording(), title=title, severity=3)
    return Incident.objects.get(pk=opened.pk)
