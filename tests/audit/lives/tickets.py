"""Tickets of the support desk: from what a customer says until two tickets are merged and taken apart again."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.kernel.request_ids import new_request_id
from audit.disclosure import announcing
from audit.disclosure.actions.questions import ask_support
from audit.disclosure.models import Statement, TicketStatement
from plans.models import FreezeToggle
from support.incidents.models import Incident
from support.incidents.opening import open_incident
from support.knowledge.models import KnownIssue
from support.tickets import following
from support.tickets.actions import classifying, merging, opening, receiving, working
from support.tickets.models import Ticket
from tests.audit.verdicts.company import Company
from tests.factories import tenants
from tests.factories.desk import act_of_asora, open_for

FOLLOWED = {
    "support.ticket.receive",
    "support.ticket.hear",
    "support.ticket.open_for_freeze",
    "support.person.erase",
    "support.ticket.hand_up",
}
WORKED_ON = {
    "support.ticket.open",
    "support.ticket.assign_tenant",
    "support.ticket.triage",
    "support.ticket.reclassify",
    "support.ticket.assign",
    "support.ticket.requeue",
    "support.ticket.note",
    "support.ticket.inform",
    "support.ticket.mark_doc_gap",
    "support.ticket.flag_security",
    "support.ticket.clear_security",
    "support.ticket.discard",
    "support.ticket.restore",
}
CONNECTED = {
    "support.ticket.merge",
    "support.ticket.unmerge",
    "support.ticket.link",
    "support.ticket.unlink",
    "support.ticket.attach",
    "support.ticket.detach",
    "support.ticket.recognise",
    "support.ticket.leave_incident",
}
CLASSES: dict[str, Any] = {
    "category": "D", "issue_type": "question", "environment": "production", "component": "inventory",
}  # fmt: skip


def followed(company: Company) -> None:
    """A question, an answer, a freeze, and a person who was erased."""
    ask_support(company.receiver, about=new_request_id(company.tenant.slug), question="Why?")
    announcing.announce(company.receiver)
    ticket = Ticket.objects.get(tenant=company.tenant)
    statement = Statement(author=company.owner.actor.ref, text="Because.", length=8)
    statement.save()
    TicketStatement(
        ticket=ticket.pk, ticket_ref=ticket.ref, kind="answer", statement=statement,
        stated_by=company.owner.actor.ref, request_id=company.owner.request_id,
    ).save()  # fmt: skip
    with tenant_context(tenants.public()):
        FreezeToggle(
            tenant=company.tenant, kind="freeze", text="A drill", toggled_by="u-x", request_id="public-1"
        ).save()
    following.sweep()
    with tenant_context(tenants.public()):
        receiving.hand_up(act_of_asora(), ticket=ticket)
        following.erase_from_tickets(act_of_asora(), tenant=company.tenant, person=company.receiver.actor.ref)


def worked_on(company: Company) -> None:
    """A ticket is opened, classified, passed on and turns out to be no security matter."""
    agent, lead = company.public("agent"), company.public("support_lead")
    with tenant_context(tenants.public()):
        stray = open_for(None, subject="Hello", text="Who are you?", source="mail")
        opening.discard(agent, ticket=stray, revision=stray.revision)
        stray = opening.restore(agent, ticket=stray, revision=_revision(stray))
        opening.assign_tenant(agent, ticket=stray, tenant=company.tenant, revision=stray.revision)
        ticket = opening.open_by_hand(
            agent,
            tenant=company.tenant,
            title="Refused",
            text="It was refused.",
            address="caller@customer.test",
            name="Pat Caller",
        )
        classifying.triage(agent, ticket=ticket, revision=ticket.revision, severity=4, **CLASSES)
        ticket = Ticket.objects.get(pk=ticket.pk)
        classifying.reclassify(
            agent, ticket=ticket, revision=ticket.revision, severity=3, reason="They cannot work", **CLASSES
        )
        working.assign(agent, ticket=ticket, person=lead.actor.ref)
        working.requeue(agent, ticket=ticket, queue="l2", reason="Needs the ledger")
        working.note(agent, ticket=ticket, text="Called them.")
        working.inform(agent, ticket=ticket, values={"payload": "sku"})
        working.mark_doc_gap(agent, ticket=ticket, is_gap=True)
        working.flag_security(agent, ticket=ticket, reason="A stranger's session")
        working.clear_security(lead, ticket=ticket, reason="It was their own")


def connected(company: Company) -> None:
    """Two tickets are linked and merged, and one waits for an incident."""
    agent = company.public("agent")
    with tenant_context(tenants.public()):
        one, other = (open_for(company.tenant, subject=name, text="?") for name in ("One", "Other"))
        merging.link(agent, ticket=one, other=other)
        merging.unlink(agent, ticket=one, other=other)
        merging.merge(agent, ticket=one, into=other, revision=one.revision)
        merging.unmerge(agent, ticket=one)
        one = Ticket.objects.get(pk=one.pk)
        classifying.triage(agent, ticket=one, revision=one.revision, severity=4, **CLASSES)
        incident = open_incident(act_of_asora().recording(), title="Exports fail", severity=2)
        incident = Incident.objects.get(pk=incident.pk)
        merging.attach(agent, ticket=one, incident=incident, revision=_revision(one))
        merging.detach(agent, ticket=one, revision=_revision(one))
        merging.attach(agent, ticket=one, incident=incident, revision=_revision(one))
        Incident.objects.filter(pk=incident.pk).update(state="resolved", resolved_at=timezone.now())
        receiving.leave_incident(act_of_asora(), ticket=one)
        issue = KnownIssue(ref="KI-0001", title="Slow exports")
        issue.save()
        merging.recognise(agent, ticket=one, issue=issue)


def _revision(ticket: Ticket) -> int:
    return Ticket.objects.get(pk=ticket.pk).revision
