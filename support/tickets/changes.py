"""Changes of a ticket, for the bodies of actions of this room and those above: undecorated, one transaction.

Every function takes the act of a body, so that what it changes is in the event of that action.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from asora.kernel import locks
from asora.kernel.act import Act
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict
from plans.grants import require_managed
from plans.models import Tenant
from support.clocks import recording
from support.clocks.rules import OLA_ACK
from support.incidents import opening
from support.incidents.rules import Error
from support.tickets import rules
from support.tickets.models import Message, Ticket, TicketLink, TicketNumber, TicketState
from support.tickets.queries import merged_family, survivor_of, visible

AGENT = "agent"
MAX_SUBJECT = 160
#: What a merge changes on the ticket that is merged.
RESTORED = ("state", "closed_at")


def locked(act: Act, ticket: Ticket, *, revision: int | None = None) -> Ticket:
    """The ticket as it is now, while nobody else can change it. `revision`: the one that the actor has seen.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD (or not visible to the actor); PERMISSION_DENIED TENANT_NOT_GRANTED;
    STATE_CONFLICT TICKET_STATE if it was merged into another, TICKET_CHANGED if it has another revision.
    """
    row = locked_row(act, ticket)
    if row.merged_into_id is not None:
        raise StateConflict(
            _("This ticket was merged into %(ticket)s.") % {"ticket": survivor_of(row).ref},
            reason=Reason.TICKET_STATE,
            details={"state": row.state, "remedy": _("Work on that ticket, or undo the merge.")},
        )
    if revision is not None and row.revision != revision:
        raise StateConflict(
            _("Somebody has changed %(ticket)s since you opened it.") % {"ticket": row.ref},
            reason=Reason.TICKET_CHANGED,
            details={"revision": row.revision},
        )
    return row


def locked_row(act: Act, ticket: Ticket) -> Ticket:
    """The ticket as it is now, locked, whether it was merged or not.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD (or not visible to the actor); PERMISSION_DENIED TENANT_NOT_GRANTED.
    """
    act.reads(ticket)
    row = Ticket.objects.select_for_update().filter(pk=ticket.pk).first()
    if row is None or not visible(act.actor).filter(pk=ticket.pk).exists():
        raise RouteNotFound(_("This ticket does not exist."), reason=Reason.NO_SUCH_RECORD)
    if row.tenant is not None and act.actor.account is not None:
        require_managed(act, row.tenant)
    return row


def locked_survivor(act: Act, ticket: Ticket) -> Ticket:
    """The ticket on which a message to `ticket` is added: the one into which it was merged, otherwise itself. Locked.

    Refusals: those of `locked`.
    """
    row = locked_row(act, ticket)
    while row.merged_into_id is not None:
        row = locked_row(act, Ticket(pk=row.merged_into_id))
    return row


def locked_family(act: Act, ticket: Ticket) -> tuple[Ticket, list[Ticket]]:
    """The ticket and all that were merged into it, also through others, locked; nobody can merge meanwhile.

    Refusals: those of `locked`, for the ticket.
    """
    lock_merging()
    rows = Ticket.objects.select_for_update().filter(pk__in=merged_family(ticket)).order_by("pk")
    merged = [row for row in rows if row.pk != ticket.pk]
    return locked(act, ticket), merged


def lock_merging() -> None:
    """One merge at a time, so that two merges cannot make a circle."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.key("tickets", "merge")])


def move(act: Act, ticket: Ticket, state: str, **fields: Any) -> Ticket:
    """Give a locked ticket another state, and other values of its fields with it (`close_reason`, `incident`, …).

    Sets and clears the moments of resolving and closing; the clocks follow. The ticket gets a new revision.
    Refusals: STATE_CONFLICT TICKET_STATE if the state may not follow the present one.
    """
    if not rules.may_follow(ticket.state, state, has_tenant=ticket.tenant_id is not None):
        raise StateConflict(
            _("A ticket that is %(now)s cannot become %(then)s.")
            % {"now": ticket.get_state_display(), "then": _label_of(state)},
            reason=Reason.TICKET_STATE,
            details={"state": ticket.state, "missing": [_("A state that this one may follow.")]},
        )
    now = timezone.now()
    before = ticket.state
    moments: dict[str, datetime | None] = {}
    if state == "resolved":
        moments = {"resolved_at": now, "closed_at": None}
    elif state == "closed":
        moments = {"closed_at": now}
    elif ticket.state in rules.FINISHED:
        moments = {"resolved_at": None, "closed_at": None}
    change(act, ticket, state=state, **{**moments, **fields})
    _let_clocks_follow(act, ticket, before=before, at=now)
    return ticket


def taken_by(act: Act, ticket: Ticket) -> dict[str, Any]:
    """The field that gives a locked ticket to the person of the desk who works on it; none if somebody has it.

    Its queue has taken the ticket then. The caller changes the field, with others.
    """
    if ticket.assignee or act.actor.account is None:
        return {}
    recording.fulfil(act, ticket.pk, OLA_ACK, timezone.now())
    return {"assignee": act.actor.ref}


def change(act: Act, ticket: Ticket, **fields: Any) -> Ticket:
    """Change fields of a locked ticket. It gets a new revision; the event has each value before and after."""
    before = {name: _recorded(getattr(ticket, name)) for name in fields}
    for name, value in fields.items():
        setattr(ticket, name, value)
    after = {name: _recorded(value) for name, value in fields.items()}
    _save(ticket, *fields)
    act.refers(ticket=ticket.ref)
    act.changed(ticket, before=before, after=after)
    return ticket


def follow_severity(act: Act, ticket: Ticket) -> None:
    """What the severity of a locked ticket brings with it: calls, and an incident to which it belongs.

    Call it before the clocks follow, because an entry in an incident's log locks the incident before these.
    """
    incident = opening.for_severity(
        act,
        subject=ticket.pk,
        ref=ticket.ref,
        severity=int(ticket.severity or 0),
        is_security=ticket.is_security,
        error=Error(ticket.code, ticket.action, ticket.reason),
        current=ticket.incident,
    )
    if incident is not None and ticket.incident_id != incident.pk:
        change(act, ticket, incident=incident)


def add_message(
    act: Act,
    ticket: Ticket,
    *,
    kind: str,
    text: str,
    is_internal: bool = False,
    author_type: str = AGENT,
    author: str = "",
    channel: str = "web",
    origin: UUID | None = None,
    written_at: datetime | None = None,
) -> Message:
    """Add a text to a locked ticket, which gets a new revision. Passwords and keys in the text are removed.

    `author`: "<schema>:<pseudonym>"; without it, the actor. `origin`: the id of the row in the tenant, or of the mail,
    from which it is made; a message of one origin is added once (a constraint).
    """
    cleaned = rules.without_secrets(text)
    _save(ticket)
    act.refers(ticket=ticket.ref)
    act.touched(ticket)
    message = Message(
        ticket=ticket,
        kind=kind,
        author_type=author_type,
        author=author or f"{act.actor.schema}:{act.actor.ref}",
        text=cleaned,
        length=len(cleaned),
        is_internal=is_internal or kind == Message.Kind.NOTE,
        channel=channel,
        origin=origin,
        revision=ticket.revision,
        request_id=act.request_id,
    )
    if written_at is not None:
        message.written_at = written_at
    message.save(force_insert=True)
    act.changed(message, after={"kind": kind, "length": message.length, "is_internal": message.is_internal})
    return message


def open_ticket(act: Act, *, source: str, subject: str, tenant: Tenant | None, **fields: Any) -> Ticket:
    """A new ticket with the next number, and without a message. `fields`: its other values.

    The subject is cut to one line of at most 160 characters, without passwords and keys.
    """
    cleaned = rules.without_secrets(" ".join(subject.split()))
    line = cleaned if len(cleaned) <= MAX_SUBJECT else f"{cleaned[: MAX_SUBJECT - 1]}…"
    ticket = Ticket(
        number=_next_number(),
        tenant=tenant,
        source=source,
        subject=line,
        subject_length=len(line),
        request_id=act.request_id,
        **fields,
    )
    ticket.save(force_insert=True)
    act.refers(ticket=ticket.ref)
    act.changed(
        ticket,
        after={
            "source": source,
            "tenant": tenant.slug if tenant else "",
            "subject_length": len(line),
            **{name: _recorded(value) for name, value in fields.items()},
        },
    )
    return ticket


def merge_into(act: Act, ticket: Ticket, survivor: Ticket) -> TicketLink:
    """Make a locked ticket a duplicate of another locked one. Nothing is copied, and its revision stays.

    What changes is stored beside it, so that `restore_from_merge` restores each value.
    """
    kept = {name: _recorded(getattr(ticket, name)) for name in (*RESTORED, "queue")}
    TicketState(ticket=ticket, values_before=kept).save(force_insert=True)
    before = {"state": ticket.state}
    ticket.state, ticket.merged_into, ticket.closed_at = "duplicate", survivor, None
    ticket.save(update_fields=["state", "merged_into", "closed_at"])
    link = TicketLink(ticket=ticket, other=survivor, kind=TicketLink.Kind.DUPLICATE, made_by=act.actor.ref)
    link.save(force_insert=True)
    recording.cancel(act, ticket.pk, timezone.now())
    _save(survivor)
    act.touched(survivor)
    act.refers(ticket=ticket.ref)
    act.changed(ticket, before=before, after={"state": "duplicate", "merged_into": survivor.ref})
    return link


def restore_from_merge(act: Act, ticket: Ticket) -> Ticket:
    """Undo the merge of a locked ticket: every value is as it was before."""
    kept = TicketState.objects.get(pk=ticket.pk)
    survivor = ticket.merged_into
    values = kept.values_before
    ticket.state, ticket.merged_into = values["state"], None
    closed_at = values["closed_at"]
    ticket.closed_at = datetime.fromisoformat(closed_at) if closed_at else None
    ticket.save(update_fields=["state", "merged_into", "closed_at"])
    TicketState.objects.filter(pk=ticket.pk).delete()
    rows = TicketLink.objects.filter(ticket=ticket, other=survivor, kind=TicketLink.Kind.DUPLICATE)
    rows.filter(removed_at=None).update(removed_at=timezone.now(), removed_by=act.actor.ref)
    recording.restore(act, ticket.pk, timezone.now())
    if values.get("queue", ticket.queue) != ticket.queue:  # marked or cleared as a security matter meanwhile
        recording.requeue(act, ticket.pk, queue=ticket.queue, at=timezone.now())
    if survivor is not None:
        _save(survivor)
        act.touched(survivor)
    act.refers(ticket=ticket.ref)
    act.changed(ticket, before={"state": "duplicate"}, after={"state": ticket.state})
    return ticket


def _let_clocks_follow(act: Act, ticket: Ticket, *, before: str, at: datetime) -> None:
    """The clocks of a ticket stop while the desk waits for others, end when it is resolved, and go on after that."""
    if (before, ticket.state) in rules.STRAY_ONLY:
        follow = recording.restore if ticket.state == "new" else recording.cancel
        follow(act, ticket.pk, at)
    elif ticket.state == "resolved":
        recording.resolved(act, ticket.pk, at)
    elif before in rules.FINISHED and ticket.state not in rules.FINISHED:
        recording.reopen(act, ticket.pk, at)
    elif ticket.state in rules.PAUSED:
        recording.pause(act, ticket.pk, at)
    elif before in rules.PAUSED:
        recording.resume(act, ticket.pk, at)


def _save(ticket: Ticket, *fields: str) -> None:
    ticket.changed_at = timezone.now()
    ticket.revision += 1
    ticket.save(update_fields=[*fields, "changed_at", "revision"])


def _next_number() -> int:
    """The next number. Its row stays locked until the commit, so that no number is left out."""
    if not TicketNumber.objects.filter(pk=1).update(last=F("last") + 1):
        TicketNumber.objects.bulk_create([TicketNumber(pk=1)], ignore_conflicts=True)
        TicketNumber.objects.filter(pk=1).update(last=F("last") + 1)
    return TicketNumber.objects.values_list("last", flat=True).get(pk=1)


def _label_of(state: str) -> str:
    return str(dict(Ticket._meta.get_field("state").flatchoices).get(state, state))


def _recorded(value: object) -> object:
    """A value as an event contains it: records by their name."""
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)
