"""Sending the open draft of a ticket."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict
from support.replies import checking, queries, suppression
from support.replies.actions.delivery import deliver, mark_sent
from support.replies.actions.holding import wait_for_answer
from support.replies.actions.locking import locked_draft
from support.replies.checking import Checked, Written
from support.replies.models import Draft
from support.tickets import changes
from support.tickets.models import Message, State, Ticket


@action(
    "support.reply.send",
    permission=Permission.SUPPORT_WORK_DESK,
    subject="ticket",
    done=gettext_lazy("sent a reply on ticket {label}"),
    tried=gettext_lazy("tried to send a reply on ticket {label}"),
)
def send_reply(act: Act, *, ticket: Ticket, revision: int, draft_revision: int) -> Message:
    """Send the open draft, if it does not resolve the ticket (`closing` sends those).

    `revision`, `draft_revision`: of the ticket and the draft as the agent saw them.
    Refusals: STATE_CONFLICT TICKET_CHANGED, TICKET_STATE, NOT_ACTIVE (no draft), STEP_MISSING, INFO_COMPLETE,
    CHANNEL_NOT_PRIVATE, PHRASE_BLOCKED, REPLY_INCOMPLETE, APPROVAL_MISSING; those of `tickets.changes.locked`.
    """
    row = changes.locked(act, ticket, revision=revision)
    draft = locked_draft(act, row, revision=draft_revision)
    if draft.resolves:
        raise StateConflict(
            _("This draft resolves the ticket. Send it with “Send and resolve”."),
            reason=Reason.TICKET_STATE,
            details={"missing": [_("A draft after which the ticket stays open.")]},
        )
    if draft.kind == Draft.Kind.ACKNOWLEDGEMENT:
        _require_acknowledging(row, draft)
    if draft.kind == Draft.Kind.INFO_REQUEST:
        suppression.require_questions(row)
    checked = sendable(act, row, draft)
    message = deliver(act, row, checked, kind=draft.kind)
    mark_sent(act, draft, message)
    _follow_up(act, row, draft)
    return message


def sendable(act: Act, ticket: Ticket, draft: Draft) -> Checked:
    """The check of a locked draft that may be sent now. For the bodies of actions.

    Refusals: STATE_CONFLICT STEP_MISSING, CHANNEL_NOT_PRIVATE, PHRASE_BLOCKED, REPLY_INCOMPLETE, APPROVAL_MISSING.
    """
    checking.require_evidence(act, ticket, draft.kind)
    checking.require_private_channel(ticket, draft.kind)
    checked = checking.check(ticket, Written.of(draft))
    checking.require_fit(checked)
    checking.require_approval(ticket, draft, checked)
    return checked


def _require_acknowledging(ticket: Ticket, draft: Draft) -> None:
    """Refuse another acknowledgement of a ticket: it would be an answer without evidence."""
    if not queries.may_acknowledge(ticket, template=draft.template):
        raise StateConflict(
            _("%(ticket)s has been answered already.") % {"ticket": ticket.ref},
            reason=Reason.TICKET_STATE,
            details={"state": ticket.state, "remedy": _("Begin a reply instead.")},
        )


def _follow_up(act: Act, ticket: Ticket, draft: Draft) -> None:
    """Move the ticket as the draft says. A ticket that nobody has classified stays where it is."""
    if draft.kind == Draft.Kind.INFO_REQUEST:
        wait_for_answer(act, ticket)
    elif ticket.state == State.NEW:
        changes.move(act, ticket, State.ACKNOWLEDGED)
    elif ticket.state == State.ACKNOWLEDGED or draft.kind == Draft.Kind.ACKNOWLEDGEMENT:
        return
    elif draft.follow_up == Draft.FollowUp.WAIT and ticket.state != State.WAITING_CUSTOMER:
        changes.move(act, ticket, State.WAITING_CUSTOMER)
    elif draft.follow_up == Draft.FollowUp.GO_ON and ticket.state == State.WAITING_CUSTOMER:
        changes.move(act, ticket, State.INVESTIGATING)
