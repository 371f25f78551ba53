"""At the same moment: a draft is sent once, and an approval never counts for what somebody edits meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from asora.kernel.refusals import StateConflict
from plans.models import Tenant
from support.replies.actions.drafting import begin_draft, edit_draft, submit_draft
from support.replies.actions.reviewing import approve_draft
from support.replies.actions.sending import send_reply
from support.replies.models import Approval, Draft
from support.tickets.models import Message, Ticket
from tests.factories import people, tenants
from tests.factories.desk import open_for
from tests.factories.investigated import investigated


def severe(tenant: Tenant) -> Ticket:
    """A ticket of severity 2 whose investigation is done."""
    ticket = open_for(tenant, subject="Cannot create an item", text="It was refused.")
    Ticket.objects.filter(pk=ticket.pk).update(state="triaged", category="C", severity=2)
    Ticket.objects.filter(pk=ticket.pk).update(state="investigating")
    investigated(ticket, determined="plan", limit=3, usage=3)
    return Ticket.objects.get(pk=ticket.pk)


def test_an_approved_draft_is_sent_once_and_an_edit_never_slips_in(
    committed_tenant: Any, threads: Any
) -> None:
    tenant = committed_tenant()
    public = tenants.public()
    connection.set_tenant(public)
    agent, lead = people.person("agent", public), people.person("support_lead", public)
    ticket = severe(tenant)
    draft = begin_draft(people.act_of(agent, public), ticket=ticket, template="plan")
    submit_draft(people.act_of(agent, public), ticket=ticket, draft_revision=1)
    values = {"ticket": ticket, "revision": ticket.revision, "draft_revision": 1}

    approvals = threads(3, lambda _number: approve_draft(people.act_of(lead, public), **values))
    assert all(isinstance(row, Approval) for row in approvals), approvals
    assert Approval.objects.filter(draft=draft).count() == 1

    def work(number: int) -> object:
        if number % 2:
            return edit_draft(
                people.act_of(agent, public),
                ticket=ticket,
                draft_revision=1,
                text="Something that nobody has approved.",
                follow_up="go_on",
                next_update_at=timezone.now() + timedelta(days=1),
                reasons={},
            )
        return send_reply(people.act_of(agent, public), **values)

    results = threads(4, work)
    sent = [one for one in results if isinstance(one, Message)]
    edited = [one for one in results if isinstance(one, Draft)]
    assert len(sent) + len(edited) == 1, results
    assert sum(isinstance(one, StateConflict) for one in results) == 3, results
    written = list(Message.objects.filter(ticket=ticket, kind="reply"))
    assert written == sent
    assert all("nobody has approved" not in message.text for message in written)
    connection.set_schema_to_public()
