"""Who works on a ticket, what they note, and what they know about it."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.accounts.models import User
from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.reach import MANAGE_TENANT
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from plans.models import Tenant
from support.clocks import recording
from support.clocks.rules import OLA_ACK
from support.oncall import paging
from support.tickets import required_info, rules
from support.tickets.changes import add_message, change, follow_severity, locked, locked_family
from support.tickets.models import Message, Queue, RequiredInfo, Ticket

WORK_DESK = Permission.SUPPORT_WORK_DESK
HANDLE_SECURITY = Permission.SUPPORT_HANDLE_SECURITY


@action(
    "support.ticket.assign",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("assigned ticket {label}"),
    tried=gettext_lazy("tried to assign ticket {label}"),
)
def assign(act: Act, *, ticket: Ticket, person: str, revision: int | None = None) -> Ticket:
    """Give a ticket to somebody of the desk, or to nobody. `person`: a pseudonym, or empty.

    Refusals: those of `changes.locked`; VALIDATION_FAILED INVALID_INPUT for somebody who may not see the ticket.
    """
    row = locked(act, ticket, revision=revision)
    if person:
        act.reads(keys.person(person))
        if not may_work_on(row, person):
            raise ValidationFailed.at_field(
                "person", _("This person cannot work on this ticket."), reason=Reason.INVALID_INPUT
            )
    if row.assignee == person:
        act.noop(_("The ticket is assigned like this already."))
        return row
    change(act, row, assignee=person)
    if person:
        recording.fulfil(act, row.pk, OLA_ACK, timezone.now())
    return row


@action(
    "support.ticket.requeue",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("moved ticket {label} to another queue"),
    tried=gettext_lazy("tried to move ticket {label} to another queue"),
)
def requeue(act: Act, *, ticket: Ticket, queue: str, reason: str, revision: int | None = None) -> Ticket:
    """Pass a ticket to another queue. Nobody is assigned then; the queue's own clock starts.

    Refusals: those of `changes.locked`; VALIDATION_FAILED INVALID_INPUT; STATE_CONFLICT TICKET_STATE for a security
    ticket, which stays in its queue.
    """
    row = locked(act, ticket, revision=revision)
    if queue not in Queue.values:
        raise ValidationFailed.at_field("queue", _("Choose one of the queues."), reason=Reason.INVALID_INPUT)
    why = rules.checked_line(reason, field="reason")
    if not why:
        raise ValidationFailed.at_field("reason", _("Say why it moves."), reason=Reason.INVALID_INPUT)
    if row.is_security:
        raise StateConflict(
            _("A security ticket stays in the security queue."),
            reason=Reason.TICKET_STATE,
            details={"missing": [_("A ticket that is no security matter.")]},
        )
    if row.queue == queue:
        act.noop(_("The ticket is in this queue already."))
        return row
    before = row.get_queue_display()
    change(act, row, queue=queue, assignee="")
    text = _("Moved from %(before)s to %(after)s: %(reason)s") % {
        "before": before,
        "after": row.get_queue_display(),
        "reason": why,
    }
    add_message(act, row, kind=Message.Kind.NOTE, text=text)
    recording.requeue(act, row.pk, queue=queue, at=timezone.now())
    return row


@action(
    "support.ticket.note",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("wrote an internal note on ticket {label}"),
    tried=gettext_lazy("tried to write a note on ticket {label}"),
)
def note(act: Act, *, ticket: Ticket, text: str) -> Message:
    """Write an internal note. The customer never sees it.

    Refusals: those of `changes.locked`; VALIDATION_FAILED INVALID_INPUT.
    """
    row = locked(act, ticket)
    return add_message(act, row, kind=Message.Kind.NOTE, text=rules.checked_text(text))


@action(
    "support.ticket.inform",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("entered required information of ticket {label}"),
    tried=gettext_lazy("tried to enter required information of ticket {label}"),
)
def inform(act: Act, *, ticket: Ticket, values: Mapping[str, str], from_customer: bool = False) -> Ticket:
    """Enter information that the category needs. `values`: by key. `from_customer`: it repeats the customer's words.

    Refusals: those of `changes.locked`; STATE_CONFLICT NOT_TRIAGED; VALIDATION_FAILED INVALID_INPUT.
    """
    row = locked(act, ticket)
    if not row.category:
        raise StateConflict(
            _("Nobody has classified this ticket yet."),
            reason=Reason.NOT_TRIAGED,
            details={
                "missing": rules.unclassified(category=row.category, severity=row.severity, state=row.state)
            },
        )
    known = {one.needed.key: one for one in required_info.of(row)}
    given = {key: value.strip() for key, value in values.items() if value.strip()}
    if unknown := sorted(set(given) - set(known)):
        raise ValidationFailed.at_field(
            unknown[0], _("The category of this ticket does not need this."), reason=Reason.INVALID_INPUT
        )
    checked = {key: rules.checked_text(value, field=key, most=2_000) for key, value in given.items()}
    if not checked:
        raise ValidationFailed(_("Enter at least one piece of information."), reason=Reason.NO_DATA)
    author = required_info.author_of(row) if from_customer else ""
    source = RequiredInfo.Source.CUSTOMER if from_customer else RequiredInfo.Source.AGENT
    for key, value in checked.items():
        required_info.give(act, row, key, value=value, source=source, author=author)
    return change(act, row)


@action(
    "support.ticket.flag_security",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("marked ticket {label} as a security matter"),
    tried=gettext_lazy("tried to mark ticket {label} as a security matter"),
)
def flag_security(act: Act, *, ticket: Ticket, reason: str) -> Ticket:
    """Mark a ticket, and all that were merged into it, as a security matter; security is called.

    Only people with the permission see them from now on.
    Refusals: those of `changes.locked`; VALIDATION_FAILED INVALID_INPUT.
    """
    row, merged = locked_family(act, ticket)
    why = rules.checked_line(reason, field="reason")
    if not why:
        raise ValidationFailed.at_field("reason", _("Say what you suspect."), reason=Reason.INVALID_INPUT)
    if row.is_security:
        act.noop(_("The ticket is marked as a security matter already."))
        return row
    is_moved = row.queue != Queue.SECURITY
    for one in (row, *merged):
        keeps = one.assignee if _may(one.assignee, HANDLE_SECURITY) else ""
        change(act, one, is_security=True, queue=Queue.SECURITY.value, assignee=keeps)
    add_message(act, row, kind=Message.Kind.NOTE, text=_("Security matter: %(reason)s") % {"reason": why})
    if is_moved:
        recording.requeue(act, row.pk, queue=row.queue, at=timezone.now())
    paging.page(act, subject=row.pk, ref=row.ref, severity=row.severity, is_security=True)
    for (
        one
    ) in merged:  # without a severity, because nobody works on it; its earlier calls are hidden by this one
        paging.page(act, subject=one.pk, ref=one.ref, severity=None, is_security=True)
    act.refers(ticket=row.ref)
    return row


@action(
    "support.ticket.clear_security",
    permission=HANDLE_SECURITY,
    subject="ticket",
    done=gettext_lazy("decided that ticket {label} is no security matter"),
    tried=gettext_lazy("tried to decide that ticket {label} is no security matter"),
)
def clear_security(act: Act, *, ticket: Ticket, reason: str) -> Ticket:
    """Decide that a ticket, and all that were merged into it, are no security matter.

    They go back to the first queue, where all agents see them. A ticket of Sev1 or Sev2 gets its incident now.
    Refusals: those of `changes.locked`; VALIDATION_FAILED INVALID_INPUT.
    """
    row, merged = locked_family(act, ticket)
    why = rules.checked_line(reason, field="reason")
    if not why:
        raise ValidationFailed.at_field("reason", _("Say why."), reason=Reason.INVALID_INPUT)
    if not row.is_security:
        act.noop(_("The ticket is not marked as a security matter."))
        return row
    for one in (*merged, row):
        change(act, one, is_security=False, queue=Queue.L1.value)
    add_message(act, row, kind=Message.Kind.NOTE, text=_("No security matter: %(reason)s") % {"reason": why})
    if row.severity and row.state not in rules.FINISHED:
        follow_severity(act, row)
    recording.requeue(act, row.pk, queue=row.queue, at=timezone.now())
    return row


@action(
    "support.ticket.mark_doc_gap",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("changed whether the documentation lacks what ticket {label} asks"),
    tried=gettext_lazy("tried to mark ticket {label} as a gap of the documentation"),
)
def mark_doc_gap(act: Act, *, ticket: Ticket, is_gap: bool) -> Ticket:
    """Say whether the documentation lacks what this ticket asks. Refusals: those of `changes.locked`."""
    row = locked(act, ticket)
    if row.is_doc_gap == is_gap:
        act.noop(_("It is marked like this already."))
        return row
    return change(act, row, is_doc_gap=is_gap)


def may_work_on(ticket: Ticket, person: str) -> bool:
    """Whether a person of the public host may see a ticket, and so work on it."""
    needed = {WORK_DESK} | ({HANDLE_SECURITY} if ticket.is_security else set())
    if not all(_may(person, permission) for permission in needed):
        return False
    return ticket.tenant is None or _may(person, MANAGE_TENANT, ticket.tenant)


def _may(person: str, permission: Permission, place: Tenant | None = None) -> bool:
    account: User | None = get_user_model()._default_manager.filter(ref=person, is_active=True).first()
    return account is not None and account.has_perm(permission, place)
