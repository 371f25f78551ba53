"""A triaged ticket about an event of Acacia, and how an agent does the steps of its investigation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from asora.kernel.act import Act, new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from audit.events.models import Event
from plans.models import Tenant
from support.investigations import queries
from support.investigations.actions.steps import (
    begin,
    compare_report,
    identify_request,
    interpret_outcome,
    locate_event,
)
from support.investigations.models import Step
from support.investigations.queries import Progress
from support.tickets import changes, required_info
from support.tickets.models import Ticket
from tests.factories import tenants
from tests.factories.desk import open_for
from tests.support.evidence.scene import Scene


@dataclass(frozen=True)
class Case:
    """A ticket, the event that it is about, and the agent who investigates."""

    desk: Scene
    ticket: Ticket
    event: Event

    @property
    def agent(self) -> Act:
        return self.desk.agent

    @property
    def progress(self) -> Progress:
        return queries.current(self.ticket)

    def step(self, number: int, **values: Any) -> Step:
        """Do one step as an agent would: the event's request, the event itself, everything matches."""
        match number:
            case 1:
                return begin(self.agent, ticket=self.ticket)
            case 2:
                given = {"request_ids": [self.event.request_id], "found_by": "ticket"} | values
                return identify_request(self.agent, ticket=self.ticket, **given)
            case 3:
                return locate_event(
                    self.agent, ticket=self.ticket, **{"records": [str(self.event.pk)]} | values
                )
            case 4:
                return interpret_outcome(self.agent, ticket=self.ticket, **values)
            case _:
                return compare_report(
                    self.agent, ticket=self.ticket, **{"what": "match", "result": "match"} | values
                )

    def upto(self, number: int) -> Case:
        """Do the steps that are still missing, up to this one."""
        for one in range(self.progress.step + 1, number + 1):
            self.step(one)
        return self


def case(desk: Scene, event: Event, *, category: str, severity: int = 3, **fields: Any) -> Case:
    """A triaged ticket about an event of the scene's tenant."""
    return Case(desk, triaged(desk.tenant, event, category=category, severity=severity, **fields), event)


def triaged(tenant: Tenant, event: Event, *, category: str, severity: int = 3, **fields: Any) -> Ticket:
    """A ticket about an event of a tenant, classified."""
    act = new_act(tenants.public(), system("public", "tests", Permission.SUPPORT_RECEIVE)).recording()
    given = {
        "about": event.request_id,
        "code": event.code,
        "action": event.action,
        "reason": event.reason,
        "reporter": event.actor_ref,
        **fields,
    }
    with transaction.atomic():
        ticket = open_for(tenant, subject="Cannot create an item", text="Why can I not do this?", **given)
        changes.move(act, ticket, "triaged", category=category, severity=severity)
        request_information(ticket)
    return Ticket.objects.select_related("tenant").get(pk=ticket.pk)


def request_information(ticket: Ticket) -> None:
    """Ask the customer for everything that the category needs."""
    act = new_act(tenants.public(), system("public", "tests")).recording()
    required_info.add_needed(act, ticket, answers={})
    required_info.mark_requested(act, ticket, [one.key for one in required_info.missing(ticket)])
