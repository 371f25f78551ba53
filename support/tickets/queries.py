"""Named reads of tickets: those that an actor may see, one ticket by its reference, and its thread."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from asora.kernel.actors import Actor
from asora.kernel.pages import AsoraRequest, load
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound
from plans.grants import managed_tenants, manages_all
from support.tickets import rules
from support.tickets.models import Message, Ticket

WORK_DESK = Permission.SUPPORT_WORK_DESK


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


def last_from_customer(ticket: Ticket) -> Message | None:
    """The newest message of the customer in the thread; None if there is none. An approval is void after it."""
    return messages_of(merged_family(ticket)).filter(author_type="customer").last()
