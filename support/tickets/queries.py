"""Named reads of tickets: those that an actor may see, one ticket by its reference, and its thread."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Left
from django.utils.translation import gettext as _

from asora.accounts.models import User
from asora.kernel.actors import Actor
from asora.kernel.pages import AsoraRequest, load
from asora.kernel.permissions import Permission
from asora.kernel.reach import MANAGE_TENANT
from asora.kernel.refusals import Reason, RouteNotFound
from plans.grants import managed_tenants, manages_all
from support.tickets import duplicates, rules
from support.tickets.duplicates import Likeness
from support.tickets.models import Classification, Message, Ticket, TicketLink

WORK_DESK = Permission.SUPPORT_WORK_DESK
#: The roles of the public host that work at the desk.
DESK_ROLES = ("agent", "support_lead", "engineer")
#: How many tickets of each kind are compared to find duplicates.
MAX_CANDIDATES = 60
#: What is read of a candidate: what is compared, and what is shown of it.
_COMPARED = ("number", "subject", "state", "about", "code", "action", "reason", "opened_at")


def visible(actor: Actor) -> QuerySet[Ticket]:
    """The tickets that an actor of the public host may see.

    Those of the tenants that they work for, and those without a tenant; security tickets only with the permission to
    see them. Asora's own acts, which receive what customers say, see all.
    """
    rows = Ticket.objects.select_related("tenant")
    if actor.may(Permission.SUPPORT_RECEIVE):
        return rows
    if not actor.may(WORK_DESK):
        return rows.none()
    if not actor.may(Permission.SUPPORT_HANDLE_SECURITY):
        rows = rows.filter(is_security=False)
    if not manages_all(actor):
        rows = rows.filter(Q(tenant__isnull=True) | Q(tenant__in=managed_tenants(actor)))
    return rows


def security_refs() -> set[str]:
    """The references of security tickets, and of those that have or had one merged into them: their packs tell it."""
    security = Ticket.objects.filter(is_security=True)
    links = TicketLink.objects.filter(kind=TicketLink.Kind.DUPLICATE, ticket__in=security)
    rows = Ticket.objects.filter(Q(is_security=True) | Q(pk__in=links.values("other")))
    return {ticket.ref for ticket in rows.only("number")}


def load_ticket(request: AsoraRequest, ref: str) -> Ticket:
    """The ticket of a page, by its reference (T-000012).

    Refusals: PERMISSION_DENIED; ROUTE_NOT_FOUND NO_SUCH_RECORD, also for a ticket that the actor may not see.
    """
    number = rules.number_of(ref)
    if number is None:
        raise RouteNotFound(_("This ticket does not exist."), reason=Reason.NO_SUCH_RECORD)
    return load(request, visible(request.act.actor), permission=WORK_DESK, number=number)


def survivor_of(ticket: Ticket) -> Ticket:
    """The ticket into which this one was merged in the end; the ticket itself if it was not merged."""
    seen = {ticket.pk}
    while ticket.merged_into_id and ticket.merged_into_id not in seen:
        seen.add(ticket.merged_into_id)
        ticket = Ticket.objects.select_related("tenant").get(pk=ticket.merged_into_id)
    return ticket


def merges_of(ticket: Ticket) -> list[TicketLink]:
    """How this ticket came to its survivor: the link of each merge, the first one first. Empty if it was not merged."""
    found: list[TicketLink] = []
    seen = {ticket.pk}
    while ticket.merged_into_id and ticket.merged_into_id not in seen:
        seen.add(ticket.merged_into_id)
        links = TicketLink.objects.filter(ticket=ticket, other=ticket.merged_into_id, removed_at=None)
        link = links.filter(kind=TicketLink.Kind.DUPLICATE).select_related("other").first()
        if link is None:
            break
        found.append(link)
        ticket = link.other
    return found


def merged_family(ticket: Ticket) -> list[UUID]:
    """The ids of this ticket and of all that were merged into it, also through others; itself first."""
    family, latest = [ticket.pk], [ticket.pk]
    while latest:
        rows = Ticket.objects.filter(merged_into__in=latest).exclude(pk__in=family)
        latest = list(rows.order_by("number").values_list("pk", flat=True))
        family += latest
    return family


def thread(ticket: Ticket) -> list[Message]:
    """All messages of a ticket and of those that were merged into it, oldest first, each with its own ticket."""
    return list(messages_of(merged_family(ticket)))


def messages_of(tickets: Iterable[UUID]) -> QuerySet[Message]:
    """The messages of these tickets, oldest first."""
    rows = Message.objects.filter(ticket__in=list(tickets)).select_related("ticket")
    return rows.order_by("written_at", "id")


def severest_since_reply(tickets: Iterable[UUID]) -> int | None:
    """The most severe severity that one of these tickets has, or had since the desk last replied on it; None: none.

    It is 1 for the severest. Without a reply, the whole history of the ticket counts.
    """
    keys = list(tickets)
    severities = Ticket.objects.filter(pk__in=keys).values_list("severity", flat=True)
    found = [severity for severity in severities if severity is not None]
    replies = Message.objects.filter(ticket__in=keys, kind=Message.Kind.REPLY).values("ticket")
    last = dict(replies.annotate(last=Max("written_at")).values_list("ticket", "last"))
    before: dict[UUID, int] = {}
    rows = Classification.objects.filter(ticket__in=keys).order_by("classified_at", "pk")
    for ticket, moment, severity in rows.values_list("ticket", "classified_at", "severity"):
        if ticket in last and moment <= last[ticket]:
            before[ticket] = severity
        else:
            found.append(severity)
    return min([*found, *before.values()], default=None)


def last_from_customer(ticket: Ticket) -> Message | None:
    """The newest message of the customer in the thread; None if there is none. An approval is void after it."""
    return messages_of(merged_family(ticket)).filter(author_type="customer").last()


def similar_to(actor: Actor, ticket: Ticket) -> list[tuple[Ticket, Likeness]]:
    """The tickets that may be about the same matter, at most five, best first, each with how it agrees.

    Looked for among the newest with the same error, those of the tenant that were opened within an hour, and the newest
    of the tenant.
    """
    rows = visible(actor).exclude(pk=ticket.pk).filter(merged_into__isnull=True)
    same_tenant = rows.filter(tenant=ticket.tenant_id) if ticket.tenant_id else rows.none()
    near = (ticket.opened_at - duplicates.NEAR, ticket.opened_at + duplicates.NEAR)
    sets = [same_tenant.filter(opened_at__range=near), same_tenant]
    if ticket.about:
        sets.append(same_tenant.filter(about=ticket.about))
    if ticket.code:
        signature = {"code": ticket.code, "action": ticket.action, "reason": ticket.reason}
        sets.append(rows.filter(**signature))
    found: dict[str, Ticket] = {}
    for candidates in sets:
        for one in (
            candidates.select_related(None).only(*_COMPARED).order_by("-opened_at", "-id")[:MAX_CANDIDATES]
        ):
            found.setdefault(str(one.pk), one)
    texts = _first_texts([ticket.pk, *(one.pk for one in found.values())])
    best = duplicates.likeliest(
        _reported(ticket, texts), ((key, _reported(one, texts)) for key, one in found.items())
    )
    return [(found[key], how) for key, how in best]


def _first_texts(tickets: list[UUID]) -> dict[UUID, str]:
    """The beginning of the first message of the customer in each ticket."""
    rows = Message.objects.filter(ticket__in=tickets, kind=Message.Kind.QUESTION).order_by("-written_at")
    beginning = Left("text", duplicates.COMPARED)
    return dict(rows.annotate(beginning=beginning).values_list("ticket_id", "beginning"))


def _reported(ticket: Ticket, texts: dict[UUID, str]) -> duplicates.Reported:
    return duplicates.Reported(
        about=ticket.about,
        code=ticket.code,
        action=ticket.action,
        reason=ticket.reason,
        opened_at=ticket.opened_at,
        text=texts.get(ticket.pk) or ticket.subject,
    )


def severities(ids: Collection[UUID]) -> dict[UUID, int | None]:
    """The severities of those ids that are tickets; None for one that is resolved or closed.

    An open ticket that nobody has classified has none, and is left out.
    """
    rows = Ticket.objects.filter(pk__in=ids).values_list("pk", "severity", "state")
    found = {pk: None if state in ("resolved", "closed") else severity or 0 for pk, severity, state in rows}
    return {pk: severity for pk, severity in found.items() if severity != 0}


def linked(actor: Actor, ticket: Ticket) -> list[Ticket]:
    """The tickets that are linked as related and that the actor may see, by number."""
    kind = TicketLink.Kind.RELATED
    there = TicketLink.objects.filter(ticket=ticket, kind=kind, removed_at=None).values("other")
    here = TicketLink.objects.filter(other=ticket, kind=kind, removed_at=None).values("ticket")
    rows = visible(actor).filter(Q(pk__in=there) | Q(pk__in=here))
    return list(rows.order_by("number"))


def people_for(ticket: Ticket) -> list[User]:
    """The people of the desk who may work on a ticket, by name."""
    rows = User.objects.filter(role__in=DESK_ROLES, is_active=True).order_by("name", "pk")
    return [
        person
        for person in rows
        if (not ticket.is_security or person.has_perm(Permission.SUPPORT_HANDLE_SECURITY))
        and (ticket.tenant is None or person.has_perm(MANAGE_TENANT, ticket.tenant))
    ]
