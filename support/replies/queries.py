"""Named reads of replies: the open draft of a ticket, its verdicts, and drafts that wait for a second person."""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from asora.kernel.actors import Actor
from plans.models import Tenant
from support.escalations import queries as escalations
from support.knowledge.phrases import Finding, Kind, PhraseRule, findings
from support.replies.models import Approval, Draft, Footnote
from support.replies.review import Circumstances, Verdict
from support.tickets import queries as tickets
from support.tickets.models import Ticket
from support.tickets.rules import FINISHED

#: Kinds of messages with which the desk answers.
ANSWERS = ("acknowledgement", "info_request", "reply")
OPEN_STATES = (Draft.State.DRAFT, Draft.State.WAITING)


def open_draft(ticket: Ticket) -> Draft | None:
    """The draft of a ticket that can still be edited and sent; None if there is none."""
    return Draft.objects.filter(ticket=ticket, state__in=OPEN_STATES).first()


def was_answered(ticket: Ticket) -> bool:
    """Whether the desk has written to the customer of this ticket, or of one that was merged into it."""
    family = tickets.messages_of(tickets.merged_family(ticket))
    return family.filter(is_internal=False, kind__in=ANSWERS).exists()


def may_acknowledge(ticket: Ticket, *, template: str = "acknowledgement") -> bool:
    """Whether an acknowledgement made from this template may leave now.

    It is the first answer to an open ticket. Notices and updates (the other templates of this kind) may follow later,
    as long as the ticket is attached to an incident.
    """
    if ticket.state in FINISHED:
        return False
    if template != "acknowledgement" and ticket.incident_id is not None:
        return True
    return not was_answered(ticket)


def verdicts_on(draft: Draft) -> list[Approval]:
    """All verdicts on a draft, oldest first."""
    return list(Approval.objects.filter(draft=draft).order_by("decided_at", "pk"))


def as_verdicts(rows: Iterable[Approval]) -> list[Verdict]:
    """Verdicts as the rules read them."""
    return [
        Verdict(
            draft_revision=row.draft_revision,
            ticket_revision=row.ticket_revision,
            text_hash=row.text_hash,
            is_approval=row.verdict == Approval.Verdict.APPROVED,
            decided_by=row.decided_by,
        )
        for row in rows
    ]


def waiting(actor: Actor) -> QuerySet[Draft]:
    """The drafts that wait for a second person, on tickets that the actor may see, oldest first."""
    rows: QuerySet[Draft] = Draft.objects.filter(
        state=Draft.State.WAITING, ticket__in=tickets.visible(actor)
    ).select_related("ticket", "ticket__tenant")
    return rows.order_by("changed_at", "pk")


def circumstances(ticket: Ticket, *, text: str) -> Circumstances:
    """What decides whether a second person approves a reply with this text.

    The people of merged tickets get the reply too, so the circumstances of all these tickets count, and so does a
    severity that was changed since the last reply.
    """
    family = tickets.merged_family(ticket)
    said = [message.text for message in tickets.messages_of(family) if message.author_type == "customer"]
    return Circumstances(
        severity=tickets.severest_since_reply(family),
        is_security=Ticket.objects.filter(pk__in=family, is_security=True).exists(),
        plan=ticket.tenant.plan if ticket.tenant else "",
        has_case=escalations.open_case(ticket) is not None,
        texts=(*said, text),
    )


def conditions_of(ticket: Ticket) -> set[str]:
    """The conditions of a ticket under which phrase rules are less strict (`knowledge.phrases.PhraseRule.relaxed`)."""
    found = {
        "feature_linked": escalations.feature_of(ticket) is not None,
        "fix_committed": escalations.has_commitment(ticket),
        "case_confirmed": escalations.is_bug_confirmed(ticket),
    }
    return {name for name, holds in found.items() if holds}


def other_tenants(ticket: Ticket, text: str) -> list[Finding]:
    """The names of other tenants in a text as its author wrote it, each as a phrase that cannot be sent.

    A name of one word counts as it is capitalized, because it may be an ordinary word. Names that are part of the own
    tenant's name do not count.
    """
    own = ticket.tenant.name.casefold() if ticket.tenant else ""
    others = Tenant.objects.exclude(slug="public").exclude(pk=ticket.tenant_id).order_by("pk")
    named = {" ".join(name.split()) for name in others.values_list("name", flat=True)}
    patterns = [re.escape(name) for name in sorted(named) if len(name) > 2 and name.casefold() not in own]
    if not patterns:
        return []
    rule = PhraseRule(
        "other_tenant",
        _("Name of another tenant"),
        Kind.BLOCK,
        (rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)",),
        _("Leave it out. A reply is about the customer's own company only."),
        "-",
    )
    return [one for one in findings(text, [rule]) if " " in one.text or one.text in named]


def footnotes(messages: Iterable[UUID]) -> dict[UUID, list[Footnote]]:
    """The footnotes of some messages with their links, by message, in the order of their numbers. One query."""
    rows = Footnote.objects.filter(message__in=list(messages)).select_related("link")
    found: dict[UUID, list[Footnote]] = {}
    for row in rows.order_by("message", "number"):
        found.setdefault(row.message_id, []).append(row)
    return found
