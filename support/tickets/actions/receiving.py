"""What Asora itself records at the desk after a person of a tenant has said something, and after freezes.

The rows of the tenant are read before the transaction, which writes public rows only. Each of these actions can be
repeated: what it has done once it does not do again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from asora.kernel import locks
from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound
from audit.disclosure.models import SupportQuestion, TicketStatement
from plans.models import FreezeToggle, Tenant
from support.clocks import recording
from support.clocks.rules import HAND_UP
from support.incidents.models import Incident
from support.tickets import erasing, participants, required, rules
from support.tickets.changes import add_message, change, locked_row, move
from support.tickets.models import Queue, Satisfaction, Ticket
from support.tickets.opening import SYSTEM, open_with_message
from support.tickets.origins import of_freeze
from support.tickets.receiving import customer_said, state_to_work_on

RECEIVE = Permission.SUPPORT_RECEIVE


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a tenant's person, as it was read in the tenant."""

    person: str
    email: str
    name: str
    about: str
    text: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """What a tenant's person said about a ticket, as it was read in the tenant."""

    ticket: UUID
    kind: str
    person: str
    text: str
    is_good: bool | None
    at: datetime


def _question(act: Act, *, tenant: Tenant, question: UUID) -> Asked:
    with tenant_context(tenant):
        row = SupportQuestion.objects.select_related("statement").filter(pk=question).first()
        if row is None:
            raise _nothing()
        person = User.objects.filter(ref=row.asked_by).first()
        return Asked(
            person=row.asked_by,
            email=person.email if person else "",
            name=person.name if person else "",
            about=row.about,
            text=row.statement.text,
            facts=row.facts,
        )


def _statement(act: Act, *, tenant: Tenant, statement: UUID) -> Said:
    with tenant_context(tenant):
        row = TicketStatement.objects.select_related("statement").filter(pk=statement).first()
        if row is None:
            raise _nothing()
        return Said(
            ticket=row.ticket,
            kind=row.kind,
            person=row.stated_by,
            text=row.statement.text if row.statement else "",
            is_good=row.is_good,
            at=row.stated_at,
        )


@action(
    "support.ticket.receive",
    permission=RECEIVE,
    subject="tenant",
    derive=_question,
    done=gettext_lazy("opened ticket {label} from a question"),
    tried=gettext_lazy("tried to open a ticket from a question"),
)
def receive_question(act: Act, *, tenant: Tenant, question: UUID, derived: Asked = BY_DERIVE) -> Ticket:
    """Open the ticket of a question that was asked in the product. Does nothing if there is one already.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD.
    """
    act.reads(tenant)
    _one_at_a_time(question)
    found = Ticket.objects.filter(tenant=tenant, origin=question).first()
    if found is not None:
        act.noop(_("The ticket of this question is open already."))
        return found
    facts = derived.facts
    action_ = str(facts.get("action", ""))
    ticket = open_with_message(
        act,
        tenant=tenant,
        source=Ticket.Source.QUESTION,
        subject=_first_line(derived.text),
        text=derived.text,
        author=f"{tenant.schema_name}:{derived.person}",
        origin=question,
        answers=required.from_facts(facts, about=derived.about, tenant=tenant.slug),
        reporter=derived.person,
        about=derived.about,
        category=required.category_of(facts),
        component=required.component_of(action_),
        code=str(facts.get("code", "")),
        action=action_,
        reason=str(facts.get("reason", "")),
        environment=Ticket.Environment.PRODUCTION,
    )
    if derived.email:
        participants.add(ticket, address=derived.email, name=derived.name, person=derived.person)
    return ticket


@action(
    "support.ticket.hear",
    permission=RECEIVE,
    subject="tenant",
    derive=_statement,
    done=gettext_lazy("recorded what the customer said about ticket {label}"),
    tried=gettext_lazy("tried to record what the customer said about a ticket"),
)
def hear_statement(act: Act, *, tenant: Tenant, statement: UUID, derived: Said = BY_DERIVE) -> Ticket:
    """Record what a person of the tenant said about a ticket: an answer, a confirmation, a reopening, a rating.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD, also for a ticket of another tenant.
    """
    ticket = locked_row(act, Ticket(pk=derived.ticket))
    if ticket.tenant_id != tenant.pk:
        raise _nothing()
    author = f"{tenant.schema_name}:{derived.person}"
    match derived.kind:
        case "rate":
            _rate(act, ticket, author=author, said=derived)
        case "confirm":
            _confirm(act, ticket, at=derived.at)
        case _ if ticket.messages.filter(origin=statement).exists() or _is_elsewhere(ticket, statement):
            act.noop(_("This message is in the thread already."))
        case _:
            customer_said(
                act, ticket, text=derived.text, author=author, origin=statement, written_at=derived.at
            )
    return ticket


@action(
    "support.ticket.open_for_freeze",
    permission=RECEIVE,
    subject="tenant",
    done=gettext_lazy("opened ticket {label} for a freeze"),
    tried=gettext_lazy("tried to open a ticket for a freeze"),
)
def open_for_freeze(act: Act, *, tenant: Tenant, toggle: int) -> Ticket:
    """Open the ticket of a freeze, for the people who look for its cause. `toggle`: the id of its row.

    Does nothing if there is one already. Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD.
    """
    act.reads(tenant)
    row = FreezeToggle.objects.filter(pk=toggle, tenant=tenant, kind=FreezeToggle.Kind.FREEZE).first()
    if row is None:
        raise _nothing()
    _one_at_a_time(of_freeze(toggle))
    found = Ticket.objects.filter(tenant=tenant, origin=of_freeze(toggle)).first()
    if found is not None:
        act.noop(_("The ticket of this freeze is open already."))
        return found
    return open_with_message(
        act,
        tenant=tenant,
        source=Ticket.Source.SYSTEM,
        subject=_("%(tenant)s is frozen") % {"tenant": tenant.name},
        text=_("%(tenant)s was frozen. Reason: %(reason)s") % {"tenant": tenant.name, "reason": row.text},
        author_type=SYSTEM,
        origin=of_freeze(toggle),
        answers={"request": row.request_id, "tenant": tenant.slug},
        queue="l3",
        category="H",
        severity=3,
        issue_type=Ticket.IssueType.INCIDENT,
        about=row.request_id,
        action="plans.freeze.start",
        environment=Ticket.Environment.PRODUCTION,
    )


@action(
    "support.ticket.hand_up",
    permission=RECEIVE,
    subject="ticket",
    done=gettext_lazy("moved ticket {label} up, because nobody had answered it in time"),
    tried=gettext_lazy("tried to move ticket {label} up"),
)
def hand_up(act: Act, *, ticket: Ticket) -> Ticket:
    """Move a ticket that nobody answered in time to the next level: Sev3 to level 3, any other to level 2.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD.
    """
    row = locked_row(act, ticket)
    now = timezone.now()
    queue = Queue.L3 if row.severity == 3 else Queue.L2
    is_lower = row.queue == Queue.L1 or (row.queue == Queue.L2 and queue == Queue.L3)
    recording.fulfil(act, row.pk, HAND_UP, now)
    if row.state in rules.FINISHED or row.is_security or not is_lower:
        act.noop(_("The ticket is with the right people already."))
        return row
    change(act, row, queue=queue.value)
    text = _("Nobody answered in time, so the ticket moved up.")
    add_message(act, row, kind="note", text=text, author_type=SYSTEM)
    recording.requeue(act, row.pk, queue=row.queue, at=now)
    return row


@action(
    "support.ticket.leave_incident",
    permission=RECEIVE,
    subject="ticket",
    done=gettext_lazy("returned ticket {label} to the desk, because its incident is resolved"),
    tried=gettext_lazy("tried to return ticket {label} to the desk"),
)
def leave_incident(act: Act, *, ticket: Ticket) -> Ticket:
    """Return a ticket to the desk after its incident was resolved. It remains attached to the incident.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD.
    """
    row = locked_row(act, ticket)
    if row.state != "on_incident" or row.incident is None or row.incident.state != Incident.State.RESOLVED:
        act.noop(_("The ticket does not wait for an incident."))
        return row
    move(act, row, state_to_work_on(row))
    text = _("%(incident)s is resolved. Tell the customer, then resolve the ticket.") % {
        "incident": row.incident.ref
    }
    add_message(act, row, kind="note", text=text, author_type=SYSTEM)
    return row


@action(
    "support.person.erase",
    permission=RECEIVE,
    subject="tenant",
    done=gettext_lazy("removed an erased person from the tickets of {label}"),
    tried=gettext_lazy("tried to remove an erased person from tickets"),
)
def erase_from_tickets(act: Act, *, tenant: Tenant, person: str) -> int:
    """Empty what an erased person of a tenant wrote at the desk, and their addresses. Returns the number of rows."""
    removed = erasing.erase(tenant.schema_name, person)
    if not any(removed.values()):
        act.noop(_("Nothing of this person is left."))
        return 0
    act.found(removed={name: number for name, number in removed.items() if number})
    act.touched(f"person:{person}")
    return sum(removed.values())


def _one_at_a_time(origin: UUID) -> None:
    """Let the request and the sweep, which may follow the same row at the same moment, wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.key("tickets", origin)])


def _confirm(act: Act, row: Ticket, *, at: datetime) -> None:
    """Close a ticket that the customer has confirmed. `at`: when they did.

    They confirmed the solution that they saw: not a later one, and not that of a ticket into which it was merged.
    """
    if row.resolved_at is not None and at < row.resolved_at:
        act.noop(_("This ticket was resolved again after the confirmation."))
        return
    if row.state == "resolved":
        move(act, row, "closed", is_confirmed=True)
    elif row.state == "closed" and not row.is_confirmed:
        change(act, row, is_confirmed=True)
    else:
        act.noop(_("This ticket is not resolved."))


def _rate(act: Act, ticket: Ticket, *, author: str, said: Said) -> None:
    """Keep the latest verdict of the customer."""
    row = Satisfaction.objects.select_for_update().filter(pk=ticket.pk).first()
    before = {} if row is None else {"is_good": row.is_good}
    if row is not None and row.given_at >= said.at:
        act.noop(_("A later rating is recorded already."))
        return
    if row is None:
        row = Satisfaction(pk=ticket.pk, is_good=bool(said.is_good), given_at=said.at, given_by=author)
        row.save(force_insert=True)
    else:
        row.is_good, row.given_at, row.given_by = bool(said.is_good), said.at, author
        row.save(update_fields=["is_good", "given_at", "given_by"])
    act.refers(ticket=ticket.ref)
    act.changed(row, before=before, after={"is_good": row.is_good})


def _is_elsewhere(ticket: Ticket, statement: UUID) -> bool:
    """Whether the message was added to the ticket into which this one was merged."""
    return ticket.merged_into is not None and (
        ticket.merged_into.messages.filter(origin=statement).exists()
        or _is_elsewhere(ticket.merged_into, statement)
    )


def _first_line(text: str) -> str:
    """The first line of a question as the subject; a person who is erased before the ticket is opened left none."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    return line or _("Question to support")


def _nothing() -> RouteNotFound:
    return RouteNotFound(_("This record does not exist."), reason=Reason.NO_SUCH_RECORD)
