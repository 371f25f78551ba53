"""An agent investigates a ticket about a refusal: five steps, guarantees, the determination, and another round."""

from __future__ import annotations

from django_tenants.utils import tenant_context

from asora.kernel.refusals import PermissionDenied
from audit.events.models import Event
from inventory.actions.categories import create_category
from support.access.actions import request_access
from support.investigations.actions import results, steps
from support.tickets.models import Ticket
from tests.audit.verdicts.company import Company
from tests.factories import tenants
from tests.support.investigations.case import triaged

INVESTIGATION = {
    "support.investigation.begin",
    "support.investigation.request",
    "support.investigation.event",
    "support.investigation.outcome",
    "support.investigation.report",
    "support.investigation.check",
    "support.investigation.determine",
    "support.investigation.back",
}


def an_investigation(company: Company) -> None:
    try:
        create_category(company.act_as("viewer"), code="NEW", name="New")
    except PermissionDenied:
        event = Event.objects.filter(outcome="refused").latest("number")
    agent = company.public("agent")
    with tenant_context(tenants.public()):
        request_access(agent, tenant=company.tenant, ticket="T-000001", minutes=30)
        ticket: Ticket = triaged(company.tenant, event, category="B")
        steps.begin(agent, ticket=ticket)
        steps.identify_request(agent, ticket=ticket, request_ids=[event.request_id], found_by="ticket")
        steps.locate_event(agent, ticket=ticket, records=[str(event.pk)])
        steps.interpret_outcome(agent, ticket=ticket)
        steps.compare_report(agent, ticket=ticket, what="match")
        results.check_guarantees(agent, ticket=ticket)
        results.determine(agent, ticket=ticket, key="rbac")
        steps.go_back(agent, ticket=ticket, to=2, why="more_evidence")
