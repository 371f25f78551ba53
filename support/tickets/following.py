"""Follows, in public, what people of tenants have asked and said: at once, and again by a sweep.

What was followed is known by its event: the public event has the id of the tenant's request as its cause. An attempt
that failed is repeated by the next sweep; one that was refused is not, because nothing about it will change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from uuid import UUID

import structlog
from django.db import DatabaseError
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from asora.accounts.models import User
from asora.kernel import binding
from asora.kernel.act import Act, Tenancy, new_act
from asora.kernel.actors import system
from asora.kernel.database_errors import Unavailable
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Rows
from audit.disclosure.models import SupportQuestion, TicketStatement
from audit.events.models import Event
from plans.models import FreezeToggle, Tenant
from support.clocks import queries
from support.clocks.rules import HAND_UP
from support.incidents.models import Incident
from support.tickets import erasing
from support.tickets.actions.receiving import (
    erase_from_tickets,
    hand_up,
    hear_statement,
    leave_incident,
    open_for_freeze,
    receive_question,
)
from support.tickets.models import Ticket
from support.tickets.origins import of_freeze

log = structlog.get_logger(__name__)
#: Of how many rows of a kind, the newest, a sweep looks for those that nobody has followed.
LATEST = 500
#: The same, for a sweep that runs each minute.
NEWEST = 50
FOLLOWED = (receive_question.name, hear_statement.name)


def follow(tenant: Tenancy, request_id: str) -> None:
    """Follow what one request of a tenant committed. Call it outside of a transaction."""
    with schema_context(binding.PUBLIC):
        found = Tenant.objects.get(pk=tenant.pk)
    with tenant_context(found):
        questions = list(SupportQuestion.objects.filter(request_id=request_id).values_list("pk", flat=True))
        statements = list(TicketStatement.objects.filter(request_id=request_id).values_list("pk", flat=True))
    _follow(found, [(key, request_id) for key in questions], [(key, request_id) for key in statements])


def erase(tenant: Tenancy, person: str) -> None:
    """Empty at the desk what a person wrote who was erased in a tenant. Call it outside of a transaction."""
    with schema_context(binding.PUBLIC):
        found = Tenant.objects.customers().filter(pk=tenant.pk).first()
        if found is not None and erasing.remaining(found.schema_name, [person]):
            erase_from_tickets(_act(), tenant=found, person=person)


def sweep(*, latest: int = LATEST) -> None:
    """Follow, for all tenants, what nobody has followed yet. An error is logged and does not stop the others.

    `latest`: among how many rows of a tenant, the newest of each kind, it looks.
    """
    with schema_context(binding.PUBLIC):
        tenants = list(Tenant.objects.customers().reachable().order_by("pk"))
    for tenant in tenants:
        try:
            _sweep(tenant, latest=latest)
        except (DatabaseError, Unavailable):
            log.exception("the desk follows this tenant with the next sweep", tenant=tenant.slug)
    with schema_context(binding.PUBLIC):
        _sweep_freezes()
        _hand_up()
        _leave_incidents()


def _sweep(tenant: Tenant, *, latest: int) -> None:
    with tenant_context(tenant):
        questions = _latest(SupportQuestion.objects.order_by("-asked_at", "-id")[:latest])
        statements = _latest(TicketStatement.objects.order_by("-stated_at", "-id")[:latest])
        erased = list(User.objects.filter(erased_at__isnull=False).values_list("ref", flat=True))
    with schema_context(binding.PUBLIC):
        done = _followed([request_id for _key, request_id in (*questions, *statements)])
        left = erasing.remaining(tenant.schema_name, erased) if erased else set()
    _follow(
        tenant,
        [entry for entry in questions if entry[1] not in done],
        [entry for entry in statements if entry[1] not in done],
    )
    for person in sorted(left):
        with schema_context(binding.PUBLIC):
            erase_from_tickets(_act(), tenant=tenant, person=person)


def _follow(
    tenant: Tenant, questions: Iterable[tuple[UUID, str]], statements: Iterable[tuple[UUID, str]]
) -> None:
    """Questions first: a statement is about the ticket of a question."""
    for key, request_id in questions:
        _attempt(partial(receive_question, tenant=tenant, question=key), cause=request_id)
    for key, request_id in statements:
        _attempt(partial(hear_statement, tenant=tenant, statement=key), cause=request_id)


def _sweep_freezes() -> None:
    toggles = FreezeToggle.objects.filter(kind=FreezeToggle.Kind.FREEZE).select_related("tenant")
    latest = list(toggles.order_by("-pk")[:LATEST])
    origins = {of_freeze(toggle.pk): toggle for toggle in latest}
    known = set(Ticket.objects.filter(origin__in=origins).values_list("origin", flat=True))
    for origin in reversed(list(origins)):
        toggle = origins[origin]
        if origin not in known:
            _attempt(
                partial(open_for_freeze, tenant=toggle.tenant, toggle=toggle.pk), cause=toggle.request_id
            )


def _hand_up() -> None:
    """Move up the tickets that nobody answered in time."""
    for ticket in Ticket.objects.filter(pk__in=queries.overdue(HAND_UP, timezone.now())):
        _attempt(partial(hand_up, ticket=ticket), cause="")


def _leave_incidents() -> None:
    """Return the tickets of resolved incidents to the desk."""
    rows = Ticket.objects.filter(state="on_incident", incident__state=Incident.State.RESOLVED)
    for ticket in rows.order_by("opened_at")[:LATEST]:
        _attempt(partial(leave_incident, ticket=ticket), cause="")


def _attempt(receive: Callable[[Act], object], *, cause: str) -> None:
    with schema_context(binding.PUBLIC):
        try:
            receive(_act(cause=cause))
        except Refusal as refusal:  # its event says why
            log.warning("the desk refused a statement", cause=cause, reason=str(refusal.reason))
        except Exception:  # its event says that it failed; the next sweep tries again, and the others go on
            log.exception("the desk could not follow a statement", cause=cause)


def _latest(rows: Rows) -> list[tuple[UUID, str]]:
    return list(reversed(rows.values_list("pk", "request_id")))


def _followed(causes: list[str]) -> set[str]:
    rows = Event.objects.exclude(cause_id="").filter(cause_id__in=causes, action__in=FOLLOWED)
    return set(rows.exclude(outcome=Event.Outcome.FAILED).values_list("cause_id", flat=True))


def _act(*, cause: str = "") -> Act:
    """An act of Asora itself on the public host."""
    public = Tenant.objects.get(schema_name=binding.PUBLIC)
    actor = system(binding.PUBLIC, "desk", Permission.SUPPORT_RECEIVE)
    return replace(new_act(public, actor, route="follow"), cause_id=cause)
