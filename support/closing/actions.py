"""Resolving, reminding, closing and reopening a ticket."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from support.closing import queries, rules, timing
from support.investigations.queries import current
from support.knowledge import queries as knowledge
from support.replies import checking, filling
from support.replies.actions.delivery import add_sent, deliver, mark_sent
from support.replies.actions.locking import locked_draft
from support.replies.actions.sending import sendable
from support.replies.models import Draft
from support.tickets import changes, receiving
from support.tickets.models import Message, State, Ticket

WORK_DESK = Permission.SUPPORT_WORK_DESK
MAX_REASON = 500


@action(
    "support.ticket.resolve",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("resolved ticket {label}"),
    tried=gettext_lazy("tried to resolve ticket {label}"),
)
def resolve(act: Act, *, ticket: Ticket, revision: int, draft_revision: int) -> Message:
    """Send the open draft, and resolve the ticket for the reason that the draft names.

    `revision`, `draft_revision`: of the ticket and the draft as the agent saw them.
    Refusals: STATE_CONFLICT NOT_DETERMINABLE (the reason lacks something: `missing`), TICKET_STATE, TICKET_CHANGED,
    NOT_ACTIVE, STEP_MISSING, PHRASE_BLOCKED, REPLY_INCOMPLETE, APPROVAL_MISSING; those of `tickets.changes.locked`.
    """
    row = changes.locked(act, ticket, revision=revision)
    draft = locked_draft(act, row, revision=draft_revision)
    if not draft.resolves or draft.kind != Draft.Kind.REPLY:
        raise StateConflict(
            _("This draft does not resolve the ticket."),
            reason=Reason.TICKET_STATE,
            details={"missing": [_("A reply that says for which reason the ticket is resolved.")]},
        )
    checking.require_evidence(act, row, draft.kind)
    if lacks := rules.missing_for(draft.follow_up, queries.facts_of(row)):
        raise StateConflict(
            _("The ticket cannot be resolved for this reason yet."),
            reason=Reason.NOT_DETERMINABLE,
            details={"missing": lacks, "close_reason": draft.follow_up},
        )
    message = deliver(act, row, sendable(act, row, draft), kind=draft.kind)
    mark_sent(act, draft, message)
    changes.move(act, row, State.RESOLVED, close_reason=draft.follow_up, is_confirmed=None, reminders=0)
    return message


@action(
    "support.ticket.remind",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("reminded the customer of ticket {label}"),
    tried=gettext_lazy("tried to remind the customer of ticket {label}"),
)
def remind(act: Act, *, ticket: Ticket, revision: int) -> Message:
    """Ask the customer of a resolved ticket for a confirmation, in the words of the template. At most twice.

    Refusals: STATE_CONFLICT TICKET_STATE (not resolved, or reminded twice), NOT_CONFIRMED (too early: `missing`),
    TICKET_CHANGED, REPLY_INCOMPLETE.
    """
    row = changes.locked(act, ticket, revision=revision)
    found = timing.schedule_of(row)
    if found is None or found.reminder_at is None:
        raise StateConflict(
            _("This ticket needs no reminder."),
            reason=Reason.TICKET_STATE,
            details={"state": row.state, "missing": [_("A resolved ticket with fewer than two reminders.")]},
        )
    now = timezone.now()
    if now < found.reminder_at:
        raise StateConflict(
            _("It is too early for a reminder."),
            reason=Reason.NOT_CONFIRMED,
            details={
                "missing": [_("The next one is due at %(moment)s.") % {"moment": _utc(found.reminder_at)}]
            },
        )
    number = row.reminders + 1
    after = rules.schedule(
        resolved_at=row.resolved_at or now, reminders=number, reminded_at=now, later=timing.later
    )
    message = _send_reminder(act, row, number, promised=after.reminder_at or after.closes_at)
    changes.change(act, row, reminders=number)
    return message


@action(
    "support.ticket.close",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("closed ticket {label} without a confirmation"),
    tried=gettext_lazy("tried to close ticket {label}"),
)
def close(act: Act, *, ticket: Ticket, revision: int) -> Ticket:
    """Close a resolved ticket that the customer did not confirm. It counts as closed without a confirmation.

    A confirmation closes a ticket by itself. Refusals: STATE_CONFLICT NOT_CONFIRMED (five business days or two
    reminders are missing: `missing`), TICKET_STATE, TICKET_CHANGED.
    """
    row = changes.locked(act, ticket, revision=revision)
    found = timing.schedule_of(row)
    if found is None:
        raise StateConflict(
            _("Only a resolved ticket can be closed."),
            reason=Reason.TICKET_STATE,
            details={"state": row.state, "missing": [_("A reply that resolves the ticket.")]},
        )
    if lacks := rules.missing_to_close(found, reminders=row.reminders, now=timezone.now()):
        raise StateConflict(
            _("The customer has not confirmed that the ticket is solved."),
            reason=Reason.NOT_CONFIRMED,
            details={"missing": lacks},
        )
    return changes.move(act, row, State.CLOSED, is_confirmed=False)


@action(
    "support.ticket.reopen",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("reopened ticket {label}"),
    tried=gettext_lazy("tried to reopen ticket {label}"),
)
def reopen(act: Act, *, ticket: Ticket, revision: int, reason: str) -> Ticket:
    """Work again on a ticket that is resolved or closed. The reason becomes an internal note.

    Refusals: STATE_CONFLICT TICKET_STATE, TICKET_CHANGED; VALIDATION_FAILED INVALID_INPUT.
    """
    row = changes.locked(act, ticket, revision=revision)
    if row.state not in {State.RESOLVED, State.CLOSED}:
        raise StateConflict(
            _("This ticket is open."),
            reason=Reason.TICKET_STATE,
            details={"state": row.state, "missing": [_("A ticket that is resolved or closed.")]},
        )
    text = reason.strip()
    if not text or len(text) > MAX_REASON:
        message = _("Say why it is reopened, in at most %(most)s characters.") % {"most": MAX_REASON}
        raise ValidationFailed.at_field("reason", message, reason=Reason.INVALID_INPUT)
    receiving.reopen(act, row)
    changes.add_message(act, row, kind=Message.Kind.NOTE, text=text, is_internal=True)
    return row


def _send_reminder(act: Act, ticket: Ticket, number: int, *, promised: datetime) -> Message:
    template = knowledge.entry("reply_template", f"reminder_{number}")
    if template is None:
        raise StateConflict(_("The template of this message was withdrawn."), reason=Reason.NOT_ACTIVE)
    text = filling.prepared(template.body, ticket, current(ticket), next_update_at=promised)
    written = checking.Written(
        kind=Draft.Kind.REPLY, text=text, template=template.key, next_update_at=promised, reminds=True
    )
    checked = checking.check(ticket, written)
    checking.require_fit(checked)
    draft = Draft(
        ticket=ticket,
        kind=Draft.Kind.REPLY,
        template=template.key,
        template_version=template.version,
        text=text,
        length=len(text),
        ticket_revision=ticket.revision,
        next_update_at=promised,
        author=act.actor.ref,
        request_id=act.request_id,
    )
    message = deliver(act, ticket, checked, kind=Message.Kind.REMINDER)
    add_sent(act, draft, message)
    return message


def _utc(moment: datetime) -> str:
    return moment.strftime(filling.MOMENT)
