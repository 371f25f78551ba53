"""Named reads of the desk's public rows for the people of one tenant. Every read starts at `tickets_of`."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from asora.kernel import binding
from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from audit.disclosure.tickets import SHAPE, OwnTicket
from support.help import rules
from support.incidents import queries as incidents
from support.incidents.models import Incident, IncidentEntry
from support.knowledge.models import KnownIssue
from support.tickets.models import Message, Participant, Ticket
from support.tickets.queries import merged_family, merges_of, survivor_of

SEES_ALL = Permission.AUDIT_MANAGE_SUPPORT_ACCESS


def tickets_of(act: Act) -> QuerySet[Ticket]:
    """The tickets of the bound tenant that the actor may see: the own ones, or all of the tenant.

    Security tickets are shown to the people who take part in them only, because they can be about anybody.
    """
    tenant = binding.tenant()
    if tenant.pk != act.tenant.pk or tenant.schema_name == binding.PUBLIC or not act.actor.is_authenticated:
        return Ticket.objects.none()
    rows = Ticket.objects.filter(tenant_id=tenant.pk)
    ref = act.actor.ref
    own = Q(pk__in=[])
    if ref:
        taking_part = Participant.objects.filter(ticket__tenant_id=tenant.pk, person=ref).values("ticket_id")
        own = Q(reporter=ref) | Q(pk__in=taking_part)
    if act.actor.may(SEES_ALL):
        return rows.filter(own | Q(is_security=False))
    return rows.filter(own)


def by_ref(act: Act, ref: str) -> Ticket | None:
    """The ticket with a reference (`T-000012`), if the actor may see it."""
    if not SHAPE.fullmatch(ref):
        return None
    rows = tickets_of(act).select_related("incident", "merged_into")
    return rows.filter(number=int(ref[2:])).first()


def find(act: Act, ref: str) -> OwnTicket | None:
    """The ticket as the tenant's own actions need it; None if the actor may not see it."""
    ticket = by_ref(act, ref)
    if ticket is None:
        return None
    allowed = rules.allowed(ticket.state)
    return OwnTicket(
        id=ticket.pk,
        ref=ticket.ref,
        may_be_answered=allowed.answer,
        may_be_confirmed=allowed.confirm,
        may_be_reopened=allowed.reopen,
        may_be_rated=allowed.rate,
    )


def made_from(act: Act, question: UUID) -> str:
    """The reference of the ticket that was made from a question; empty if there is none that the actor may see."""
    ticket = tickets_of(act).filter(origin=question).first()
    return ticket.ref if ticket else ""


def thread(act: Act, ticket: Ticket) -> list[Message]:
    """The messages of a ticket that the actor may see, oldest first; never an internal one.

    The messages of tickets that were merged into it are among them if the actor may see those tickets. If the ticket
    itself was merged, the actor's own messages on the other ticket are shown too, and what support has written there
    since the merge: earlier replies explain to somebody else what the actor may not see.
    """
    shown = tickets_of(act).filter(pk__in=merged_family(ticket))
    rows = Q(ticket__in=shown.values("pk")) | _after_merge(act, ticket)
    found = Message.objects.filter(rows, is_internal=False).order_by("written_at", "id")
    return list(found.prefetch_related("attachments", "footnotes__link"))


def _after_merge(act: Act, ticket: Ticket) -> Q:
    """The messages for the actor on the tickets into which a ticket was merged, one after the other."""
    rows, since = Q(pk__in=[]), ticket.opened_at
    own = Q(author=f"{act.tenant.schema_name}:{act.actor.ref}")
    for link in merges_of(ticket):
        if link.other.is_security and not ticket.is_security:
            break
        since = max(since, link.made_at)
        rows |= Q(ticket=link.other) & (own | Q(author_type__in=("agent", "system"), written_at__gte=since))
    return rows


def shown_survivor(act: Act, ticket: Ticket) -> Ticket | None:
    """The ticket that a merged ticket went into, if the actor may see it."""
    if ticket.merged_into_id is None:
        return None
    return tickets_of(act).filter(pk=survivor_of(ticket).pk).first()


def incident_of(ticket: Ticket) -> Incident | None:
    """The incident of a ticket; of a merged ticket, that of the one into which it was merged."""
    return survivor_of(ticket).incident


def notices_of(incident: Incident | None) -> list[IncidentEntry]:
    """The notices of an incident, newest first. Nothing else of an incident is for customers, its title neither."""
    return [] if incident is None else incidents.notices_of(incident)


def active_notices() -> list[IncidentEntry]:
    """The latest notice of each active incident. Notices are the same for all tenants."""
    return incidents.latest_notices()


def names_of(messages: Iterable[Message]) -> dict[str, str]:
    """The names of people without an account who wrote messages by mail, by the message's author."""
    authors = {message.author for message in messages if message.author.startswith("mail:")}
    ids = [UUID(author.removeprefix("mail:")) for author in authors]
    return {f"mail:{row.pk}": row.name for row in Participant.objects.filter(pk__in=ids)}


def public_issues() -> QuerySet[KnownIssue]:
    """The known issues that customers may read, newest first; withdrawn ones are left out."""
    rows = KnownIssue.objects.filter(is_public=True).exclude(state=KnownIssue.State.WITHDRAWN)
    return rows.order_by("-changed_at", "-id")
