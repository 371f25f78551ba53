"""Named reads of replies: the open draft of a ticket, its verdicts, and drafts that wait for a second person."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from asora.kernel.actors import Actor
from support.escalations.models import EngineeringCase, FeatureRequest
from support.replies.models import Approval, Draft, Footnote
from support.replies.review import Circumstances, Verdict
from support.tickets import queries as tickets
from support.tickets.models import Ticket

OPEN_STATES = (Draft.State.DRAFT, Draft.State.WAITING)
OPEN_CASES = ("proposed", "open", "committed")


def open_draft(ticket: Ticket) -> Draft | None:
    """The draft of a ticket that can still be edited and sent; None if there is none."""
    return Draft.objects.filter(ticket=ticket, state__in=OPEN_STATES).first()


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
    """What decides whether a second person approves a reply with this text."""
    said = [message.text for message in tickets.thread(ticket) if message.author_type == "customer"]
    return Circumstances(
        severity=ticket.severity,
        is_security=ticket.is_security,
        plan=ticket.tenant.plan if ticket.tenant else "",
        has_case=EngineeringCase.objects.filter(ticket=ticket, state__in=OPEN_CASES).exists(),
        texts=(*said, text),
    )


def conditions_of(ticket: Ticket) -> set[str]:
    """The conditions of a ticket under which phrase rules are less strict (`knowledge.phrases.PhraseRule.relaxed`)."""
    cases = EngineeringCase.objects.filter(ticket=ticket)
    found = {
        "feature_linked": FeatureRequest.objects.filter(ticket=ticket).exists(),
        "fix_committed": cases.filter(state="committed", committed_for__isnull=False).exists(),
        "case_confirmed": cases.filter(is_confirmed=True).exists(),
    }
    return {name for name, holds in found.items() if holds}


def footnotes_of(message: UUID) -> list[Footnote]:
    """The footnotes of a message with their links, by number."""
    rows = Footnote.objects.filter(message=message).select_related("link", "link__tenant")
    return list(rows.order_by("number"))
