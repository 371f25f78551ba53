"""What the people of a tenant say about their tickets at the support desk: answers, confirmations and ratings.

Each is a row that cannot be changed, in the tenant's own schema, with an event in the tenant's own trail. The ticket
itself is a public row, so it follows after the commit.
"""

from __future__ import annotations

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import binding, keys, locks
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import SIGNED_IN
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from audit.disclosure import tickets
from audit.disclosure.models import Statement, TicketStatement
from audit.disclosure.rules import MAX_QUESTION
from audit.disclosure.statements import stated
from audit.disclosure.tickets import OwnTicket

Kind = TicketStatement.Kind


@action(
    "audit.ticket.answer",
    permission=SIGNED_IN,
    while_frozen=True,
    done=gettext_lazy("answered support in ticket {label}"),
    tried=gettext_lazy("tried to answer support in a ticket"),
)
def answer_ticket(act: Act, *, ticket: str, text: str) -> TicketStatement:
    """Answer in an own ticket; `ticket`: its reference.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD; STATE_CONFLICT TICKET_STATE (closed), ALREADY_POSTED (the same text just
    before); VALIDATION_FAILED INVALID_INPUT (no text).
    """
    found = _locked(act, ticket)
    if not found.may_be_answered:
        raise StateConflict(
            _("This ticket is closed, so it cannot be answered."),
            reason=Reason.TICKET_STATE,
            details={"remedy": _("Reopen the ticket, and write there what is still missing.")},
        )
    return _state(act, found, Kind.ANSWER, _written(act, found, text))


@action(
    "audit.ticket.confirm",
    permission=SIGNED_IN,
    while_frozen=True,
    done=gettext_lazy("confirmed that ticket {label} is solved"),
    tried=gettext_lazy("tried to confirm that a ticket is solved"),
)
def confirm_ticket(act: Act, *, ticket: str) -> TicketStatement | None:
    """Confirm that a resolved ticket is solved, so that support can close it. Nothing changes the second time.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD; STATE_CONFLICT TICKET_STATE (not resolved).
    """
    found = _locked(act, ticket)
    if not found.may_be_confirmed:
        raise StateConflict(
            _("Only a resolved ticket can be confirmed."),
            reason=Reason.TICKET_STATE,
            details={"remedy": _("Reload the ticket. Its page shows what support is doing now.")},
        )
    latest = TicketStatement.objects.filter(ticket=found.id).order_by("-stated_at", "-id").first()
    if latest is not None and latest.kind == Kind.CONFIRM:
        act.noop("no difference")
        return None
    return _state(act, found, Kind.CONFIRM, None)


@action(
    "audit.ticket.reopen",
    permission=SIGNED_IN,
    while_frozen=True,
    done=gettext_lazy("reopened ticket {label}"),
    tried=gettext_lazy("tried to reopen a ticket"),
)
def reopen_ticket(act: Act, *, ticket: str, text: str) -> TicketStatement:
    """Reopen a resolved or closed ticket, and say what is still missing.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD; STATE_CONFLICT TICKET_STATE (it is open), ALREADY_POSTED;
    VALIDATION_FAILED INVALID_INPUT (no text).
    """
    found = _locked(act, ticket)
    if not found.may_be_reopened:
        raise StateConflict(
            _("This ticket is open already."),
            reason=Reason.TICKET_STATE,
            details={"remedy": _("Write an answer instead.")},
        )
    return _state(act, found, Kind.REOPEN, _written(act, found, text))


@action(
    "audit.ticket.rate",
    permission=SIGNED_IN,
    while_frozen=True,
    done=gettext_lazy("rated support's work on ticket {label}"),
    tried=gettext_lazy("tried to rate support's work on a ticket"),
)
def rate_ticket(act: Act, *, ticket: str, is_good: bool) -> TicketStatement | None:
    """Rate how support worked on a resolved or closed ticket. The latest rating counts.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD; STATE_CONFLICT TICKET_STATE (it is open).
    """
    found = _locked(act, ticket)
    if not found.may_be_rated:
        raise StateConflict(
            _("A ticket can be rated when it is resolved."),
            reason=Reason.TICKET_STATE,
            details={"remedy": _("Rate it when support has resolved it.")},
        )
    rows = TicketStatement.objects.filter(ticket=found.id, kind=Kind.RATE)
    latest = rows.order_by("-stated_at", "-id").first()
    if latest is not None and latest.is_good == is_good:
        act.noop("no difference")
        return None
    return _state(act, found, Kind.RATE, None, is_good=is_good)


def _locked(act: Act, ref: str) -> OwnTicket:
    """The ticket, while nobody else of this tenant says anything about it."""
    found = tickets.find(act, ref)
    act.reads(keys.ticket(found.id))
    with connection.cursor() as cursor:
        subject = f"{binding.schema_name()}:{found.id}"
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.key("ticket", subject)])
    return found


def _written(act: Act, found: OwnTicket, text: str) -> Statement:
    """The text, without secrets. A form that was sent twice is refused."""
    statement = stated(act, text, field="text", most=MAX_QUESTION)
    if statement is None:
        raise ValidationFailed.at_field("text", _("Enter your message."), reason=Reason.INVALID_INPUT)
    rows = TicketStatement.objects.filter(ticket=found.id, statement__isnull=False).select_related(
        "statement"
    )
    latest = rows.order_by("-stated_at", "-id").first()
    if latest is not None and latest.statement is not None:
        was = latest.statement
        if (was.author, was.text) == (statement.author, statement.text):
            raise StateConflict(
                _("You have already sent this message."),
                reason=Reason.ALREADY_POSTED,
                details={"remedy": _("Nothing to do: support has your message.")},
            )
    return statement


def _state(
    act: Act, found: OwnTicket, kind: Kind, statement: Statement | None, *, is_good: bool | None = None
) -> TicketStatement:
    if statement is not None:
        statement.save()
    row = TicketStatement(
        ticket=found.id,
        ticket_ref=found.ref,
        kind=kind,
        statement=statement,
        is_good=is_good,
        stated_by=act.actor.ref,
        request_id=act.request_id,
    )
    row.save()
    act.touched(keys.ticket(found.id))
    said = {"length": statement.length} if statement else {}
    rated = {"is_good": is_good} if is_good is not None else {}
    act.changed(row, after={"ticket": found.ref, "kind": str(kind), **said, **rated})
    return row
