"""What may leave before there is evidence, in one step: the acknowledgement, and the request for information."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict
from support.investigations.queries import current
from support.knowledge import queries as knowledge
from support.replies import checking, filling, next_update, queries, suppression
from support.replies.actions.delivery import add_sent, deliver
from support.replies.models import Draft
from support.tickets import changes, required_info
from support.tickets.models import Message, State, Ticket

WORK_DESK = Permission.SUPPORT_WORK_DESK
Kind = Draft.Kind


@action(
    "support.reply.acknowledge",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("acknowledged ticket {label}"),
    tried=gettext_lazy("tried to acknowledge ticket {label}"),
)
def acknowledge(act: Act, *, ticket: Ticket, revision: int) -> Message:
    """Tell the customer that the desk has their ticket, in the words of the template. Meets the first clock.

    The agent gets the ticket if nobody has it.

    `revision`: that of the ticket as the agent saw it. Refusals: STATE_CONFLICT TICKET_STATE (answered already, or
    finished), TICKET_CHANGED, REPLY_INCOMPLETE, PHRASE_BLOCKED; those of `tickets.changes.locked`.
    """
    row = changes.locked(act, ticket, revision=revision)
    if not queries.may_acknowledge(row):
        raise StateConflict(
            _("%(ticket)s has been answered already.") % {"ticket": row.ref},
            reason=Reason.TICKET_STATE,
            details={"state": row.state, "missing": [_("A ticket that nobody has answered yet.")]},
        )
    message = _from_template(act, row, Kind.ACKNOWLEDGEMENT)
    taken = changes.taken_by(act, row)
    if row.state == State.NEW:
        changes.move(act, row, State.ACKNOWLEDGED, **taken)
    elif taken:
        changes.change(act, row, **taken)
    return message


@action(
    "support.reply.ask",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("asked for the missing information of ticket {label}"),
    tried=gettext_lazy("tried to ask for information of ticket {label}"),
)
def ask_for_information(act: Act, *, ticket: Ticket, revision: int) -> Message:
    """Ask the customer for what is missing, and for nothing else, in the words of the template.

    `revision`: that of the ticket as the agent saw it. Refusals: STATE_CONFLICT INFO_COMPLETE (nothing has to be
    asked, with why), CHANNEL_NOT_PRIVATE, TICKET_CHANGED, TICKET_STATE, REPLY_INCOMPLETE, PHRASE_BLOCKED.
    """
    row = changes.locked(act, ticket, revision=revision)
    suppression.require_questions(row)
    checking.require_private_channel(row, Kind.INFO_REQUEST)
    message = _from_template(act, row, Kind.INFO_REQUEST)
    wait_for_answer(act, row)
    return message


def wait_for_answer(act: Act, ticket: Ticket) -> None:
    """Record that the missing information was asked for. A classified ticket then waits for the customer."""
    required_info.mark_requested(act, ticket, [one.key for one in required_info.missing(ticket)])
    if ticket.state not in {State.NEW, State.ACKNOWLEDGED, State.WAITING_CUSTOMER}:
        changes.move(act, ticket, State.WAITING_CUSTOMER)


def _from_template(act: Act, ticket: Ticket, kind: str) -> Message:
    """Send the template of a kind as it is."""
    now = timezone.now()
    template = knowledge.entry("reply_template", kind)
    if template is None:
        raise StateConflict(_("The template of this message was withdrawn."), reason=Reason.NOT_ACTIVE)
    promised = next_update.promised(ticket, now=now)
    text = filling.prepared(template.body, ticket, current(ticket), next_update_at=promised)
    written = checking.Written(kind=kind, text=text, template=template.key, next_update_at=promised)
    checked = checking.check(ticket, written)
    checking.require_fit(checked)
    draft = Draft(
        ticket=ticket,
        kind=kind,
        template=template.key,
        template_version=template.version,
        text=text,
        length=len(text),
        ticket_revision=ticket.revision,
        next_update_at=promised,
        author=act.actor.ref,
        request_id=act.request_id,
    )
    message = deliver(act, ticket, checked, kind=kind)
    add_sent(act, draft, message)
    return message
