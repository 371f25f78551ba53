"""The second person: approve exactly one revision of a draft, or return it to its author."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from support.replies import checking
from support.replies.actions.locking import locked_draft
from support.replies.checking import Written
from support.replies.models import Approval, Draft
from support.tickets import changes
from support.tickets.models import Message, Ticket

REVIEW = Permission.SUPPORT_REVIEW
MAX_REMARK = 500


@action(
    "support.draft.approve",
    permission=REVIEW,
    subject="ticket",
    done=gettext_lazy("approved the draft on ticket {label}"),
    tried=gettext_lazy("tried to approve the draft on ticket {label}"),
)
def approve_draft(act: Act, *, ticket: Ticket, revision: int, draft_revision: int) -> Approval:
    """Approve the draft as it is now, for the ticket as it is now. Any edit or new message makes the approval void.

    Refusals: PERMISSION_DENIED FOUR_EYES for everybody who edited it; STATE_CONFLICT TICKET_CHANGED, NOT_ACTIVE (not
    submitted), PHRASE_BLOCKED, REPLY_INCOMPLETE, STEP_MISSING.
    """
    row = changes.locked(act, ticket, revision=revision)
    draft = _submitted(act, row, draft_revision)
    checking.require_evidence(act, row, draft.kind)
    checked = checking.check(row, Written.of(draft))
    checking.require_fit(checked)
    act.refers(ticket=row.ref)
    if checking.is_approved(row, draft, checked):
        act.noop(_("This revision has been approved already."))
        found: Approval = Approval.objects.filter(draft=draft, draft_revision=draft.revision).latest(
            "decided_at"
        )
        return found
    return _decide(act, row, draft, checked.text_hash, verdict=Approval.Verdict.APPROVED)


@action(
    "support.draft.return",
    permission=REVIEW,
    subject="ticket",
    done=gettext_lazy("returned the draft on ticket {label} to its author"),
    tried=gettext_lazy("tried to return the draft on ticket {label}"),
)
def return_draft(act: Act, *, ticket: Ticket, draft_revision: int, remark: str) -> Approval:
    """Return the draft to its author. The remark becomes an internal note.

    Refusals: PERMISSION_DENIED FOUR_EYES; STATE_CONFLICT TICKET_CHANGED, NOT_ACTIVE; VALIDATION_FAILED INVALID_INPUT.
    """
    row = changes.locked(act, ticket)
    draft = _submitted(act, row, draft_revision)
    text = remark.strip()
    if not text or len(text) > MAX_REMARK:
        message = _("Say what has to change, in at most %(most)s characters.") % {"most": MAX_REMARK}
        raise ValidationFailed.at_field("remark", message, reason=Reason.INVALID_INPUT)
    checked = checking.check(row, Written.of(draft))
    verdict = _decide(act, row, draft, checked.text_hash, verdict=Approval.Verdict.RETURNED)
    draft.state = Draft.State.DRAFT
    draft.save(update_fields=["state"])
    changes.add_message(act, row, kind=Message.Kind.NOTE, text=text, is_internal=True)
    return verdict


def _submitted(act: Act, ticket: Ticket, draft_revision: int) -> Draft:
    draft = locked_draft(act, ticket, revision=draft_revision)
    if act.actor.ref in draft.writers:
        raise PermissionDenied(
            _("You wrote or edited this draft. Another person has to decide on it."),
            reason=Reason.FOUR_EYES,
            details={"permission": REVIEW, "missing": [_("The decision of another person.")]},
        )
    if draft.state != Draft.State.WAITING:
        raise StateConflict(
            _("This draft does not wait for approval."),
            reason=Reason.NOT_ACTIVE,
            details={"missing": [_("A draft that its author has submitted.")]},
        )
    return draft


def _decide(act: Act, ticket: Ticket, draft: Draft, text_hash: str, *, verdict: str) -> Approval:
    row = Approval(
        draft=draft,
        draft_revision=draft.revision,
        ticket_revision=ticket.revision,
        text_hash=text_hash,
        verdict=verdict,
        decided_by=act.actor.ref,
        request_id=act.request_id,
    )
    row.save()
    act.refers(ticket=ticket.ref)
    act.changed(
        row,
        after={
            "draft": str(draft.pk),
            "revision": draft.revision,
            "ticket_revision": ticket.revision,
            "text_hash": text_hash,
            "verdict": verdict,
            "author": draft.author,
        },
    )
    return row
