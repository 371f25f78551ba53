"""Agents write to a customer: holding messages, drafts, their review, a reply, and the end of a ticket."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import time_machine
from django.utils import timezone
from django_tenants.utils import tenant_context

from support.closing.actions import close, remind, reopen, resolve
from support.replies.actions.drafting import begin_draft, discard_draft, edit_draft, submit_draft
from support.replies.actions.holding import acknowledge, ask_for_information
from support.replies.actions.reviewing import approve_draft, return_draft
from support.replies.actions.sending import send_reply
from support.replies.models import Draft
from support.tickets.models import RequiredInfo, Ticket
from tests.audit.verdicts.company import Company
from tests.factories import tenants
from tests.factories.desk import open_for
from tests.factories.investigated import investigated

REPLIES = {
    "support.reply.acknowledge", "support.reply.ask", "support.reply.send", "support.draft.begin",
    "support.draft.edit", "support.draft.submit", "support.draft.approve", "support.draft.return",
    "support.draft.discard",
}  # fmt: skip

CLOSING = {"support.ticket.resolve", "support.ticket.remind", "support.ticket.close", "support.ticket.reopen"}


def replies(company: Company) -> None:
    agent, lead = company.public("agent"), company.public("support_lead")
    with tenant_context(tenants.public()):
        ticket = open_for(company.tenant, subject="Cannot create an item", text="It was refused.")
        acknowledge(agent, ticket=ticket, revision=_now(ticket))
        _classify(ticket)
        ask_for_information(agent, ticket=ticket, revision=_now(ticket))
        Ticket.objects.filter(pk=ticket.pk).update(state="investigating")
        investigated(ticket, determined="plan", limit=3, usage=3)
        discard_draft(
            agent, ticket=ticket, draft_revision=begin_draft(agent, ticket=ticket, template="").revision
        )
        draft = begin_draft(agent, ticket=ticket, template="plan")
        submit_draft(agent, ticket=ticket, draft_revision=draft.revision)
        return_draft(lead, ticket=ticket, draft_revision=draft.revision, remark="Say which plan.")
        draft = _edited(agent, draft)
        submit_draft(agent, ticket=ticket, draft_revision=draft.revision)
        approve_draft(lead, ticket=ticket, revision=_now(ticket), draft_revision=draft.revision)
        send_reply(agent, ticket=ticket, revision=_now(ticket), draft_revision=draft.revision)


def closing(company: Company) -> None:
    """A ticket that nobody confirms, and that is opened again."""
    agent = company.public("agent")
    with tenant_context(tenants.public()):
        ticket = open_for(company.tenant, subject="Cannot create an item", text="It was refused.")
        Ticket.objects.filter(pk=ticket.pk).update(state="triaged", category="C", severity=3)
        Ticket.objects.filter(pk=ticket.pk).update(state="investigating")
        investigated(ticket, determined="plan", limit=3, usage=3)
        draft = _edited(
            agent, begin_draft(agent, ticket=ticket, template="plan"), follow_up="plan_constraint"
        )
        resolve(agent, ticket=ticket, revision=_now(ticket), draft_revision=draft.revision)
        for days, action in ((10, remind), (20, remind), (30, close)):
            with time_machine.travel(timezone.now() + timedelta(days=days)):
                action(agent, ticket=ticket, revision=_now(ticket))
        reopen(agent, ticket=ticket, revision=_now(ticket), reason="It happened again.")


def _edited(act: Any, draft: Draft, *, follow_up: str = "wait") -> Draft:
    return edit_draft(
        act,
        ticket=draft.ticket,
        draft_revision=draft.revision,
        text=draft.text + "\n\nYour plan is {plan.name}.",
        follow_up=follow_up,
        next_update_at=draft.next_update_at,
        reasons={},
    )


def _classify(ticket: Ticket) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(state="triaged", category="C", severity=2)
    RequiredInfo.objects.create(ticket=ticket, key="action")


def _now(ticket: Ticket) -> int:
    return Ticket.objects.get(pk=ticket.pk).revision
