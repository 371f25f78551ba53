"""Writing a draft: begin it from a template, edit it, have it reviewed, discard it. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from support.investigations.queries import current
from support.knowledge import queries as knowledge
from support.replies import checking, filling, next_update
from support.replies.actions.delivery import described
from support.replies.actions.locking import locked_draft
from support.replies.checking import Written
from support.replies.models import Draft
from support.tickets import changes
from support.tickets import rules as ticket_rules
from support.tickets.models import Ticket

WORK_DESK = Permission.SUPPORT_WORK_DESK
MAX_TEXT = 8_000
MAX_REASON = 300


def already_begun() -> StateConflict:
    """The refusal of a second draft."""
    return StateConflict(
        _("This ticket has a draft already. Edit it, or discard it first."), reason=Reason.ALREADY_ACTIVE
    )


@action(
    "support.draft.begin",
    permission=WORK_DESK,
    subject="ticket",
    constraint_refusals={"support_draft_one_open": already_begun},
    done=gettext_lazy("began a draft on ticket {label}"),
    tried=gettext_lazy("tried to begin a draft on ticket {label}"),
)
def begin_draft(act: Act, *, ticket: Ticket, template: str) -> Draft:
    """Begin a reply from a template; `template`: its key, or empty for a blank reply.

    A draft can be begun before there is evidence: only sending needs it.
    Refusals: STATE_CONFLICT ALREADY_ACTIVE, TICKET_STATE; VALIDATION_FAILED INVALID_INPUT (no such template).
    """
    row = changes.locked(act, ticket)
    if Draft.objects.filter(ticket=row, state__in=(Draft.State.DRAFT, Draft.State.WAITING)).exists():
        raise already_begun()
    now = timezone.now()
    promised = next_update.promised(row, now=now)
    draft = Draft(
        ticket=row,
        kind=Draft.Kind.REPLY,
        ticket_revision=row.revision,
        next_update_at=promised,
        author=act.actor.ref,
        begun_at=now,
        changed_at=now,
        request_id=act.request_id,
    )
    if template:
        _fill_in(draft, row, template)
    draft.save(force_insert=True)
    act.refers(ticket=row.ref)
    act.changed(draft, after=described(draft))
    return draft


@action(
    "support.draft.edit",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("edited the draft on ticket {label}"),
    tried=gettext_lazy("tried to edit the draft on ticket {label}"),
)
def edit_draft(
    act: Act,
    *,
    ticket: Ticket,
    draft_revision: int,
    text: str,
    follow_up: str,
    next_update_at: datetime | None,
    reasons: Mapping[str, str],
) -> Draft:
    """Change the open draft. The actor becomes its author, and every approval is void. Nobody who edited it
    decides on it.

    `draft_revision`: the one that the actor edited. `reasons`: key of a phrase rule that warns to the reason for
    keeping the phrase. `next_update_at`: may be None if the reply resolves the ticket or waits for the customer.
    Refusals: STATE_CONFLICT TICKET_CHANGED (somebody else edited it), NOT_ACTIVE (sent or discarded); VALIDATION_FAILED
    INVALID_INPUT.
    """
    row = changes.locked(act, ticket)
    draft = locked_draft(act, row, revision=draft_revision)
    _require_valid(text, follow_up, next_update_at, reasons)
    before = described(draft)
    draft.text, draft.length, draft.follow_up = text, len(text), follow_up
    draft.next_update_at = next_update_at
    draft.overrides = {rule: reason.strip() for rule, reason in reasons.items() if reason.strip()}
    draft.editors = sorted(draft.writers)
    draft.author, draft.ticket_revision = act.actor.ref, row.revision
    _new_revision(draft, state=Draft.State.DRAFT)
    draft.save(
        update_fields=[
            "text", "length", "follow_up", "next_update_at", "overrides", "author", "editors", "ticket_revision",
            "state", "revision", "changed_at",
        ]
    )  # fmt: skip
    act.refers(ticket=row.ref)
    act.changed(draft, before=before, after=described(draft))
    return draft


@action(
    "support.draft.submit",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("asked for approval of the draft on ticket {label}"),
    tried=gettext_lazy("tried to ask for approval of the draft on ticket {label}"),
)
def submit_draft(act: Act, *, ticket: Ticket, draft_revision: int) -> Draft:
    """Ask a second person to approve the open draft. It has to be complete.

    Refusals: STATE_CONFLICT TICKET_CHANGED, NOT_ACTIVE, STEP_MISSING, PHRASE_BLOCKED, REPLY_INCOMPLETE.
    """
    row = changes.locked(act, ticket)
    draft = locked_draft(act, row, revision=draft_revision)
    act.refers(ticket=row.ref)
    if draft.state == Draft.State.WAITING:
        act.noop(_("This draft already waits for approval."))
        return draft
    checking.require_evidence(act, row, draft.kind)
    checking.require_fit(checking.check(row, Written.of(draft)))
    draft.state, draft.changed_at = Draft.State.WAITING, timezone.now()
    draft.save(update_fields=["state", "changed_at"])
    act.changed(draft, before={"state": Draft.State.DRAFT}, after={"state": draft.state, **described(draft)})
    return draft


@action(
    "support.draft.discard",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("discarded the draft on ticket {label}"),
    tried=gettext_lazy("tried to discard the draft on ticket {label}"),
)
def discard_draft(act: Act, *, ticket: Ticket, draft_revision: int) -> Draft:
    """Discard the open draft. Its text is kept, because an approval may have been given for it.

    Refusals: STATE_CONFLICT TICKET_CHANGED, NOT_ACTIVE.
    """
    row = changes.locked(act, ticket)
    draft = locked_draft(act, row, revision=draft_revision)
    before = draft.state
    draft.state, draft.changed_at = Draft.State.DISCARDED, timezone.now()
    draft.save(update_fields=["state", "changed_at"])
    act.refers(ticket=row.ref)
    act.changed(draft, before={"state": before}, after={"state": draft.state})
    return draft


def _fill_in(draft: Draft, ticket: Ticket, key: str) -> None:
    """Take over the text, kind and consequence of a template."""
    template = knowledge.entry("reply_template", key)
    if template is None:
        raise ValidationFailed.at_field("template", _("Choose a template."), reason=Reason.INVALID_INPUT)
    draft.template, draft.template_version = template.key, template.version
    draft.kind = template.rule["draft"]
    resolves = template.rule.get("resolves", False)
    if draft.kind == Draft.Kind.INFO_REQUEST:
        draft.follow_up = Draft.FollowUp.WAIT
    elif resolves:
        draft.follow_up = ticket_rules.close_reason(template.rule["close_reason"], category=ticket.category)
        draft.next_update_at = None
    draft.text = filling.prepared(template.body, ticket, current(ticket), next_update_at=draft.next_update_at)
    draft.length = len(draft.text)


def _new_revision(draft: Draft, *, state: str) -> None:
    draft.state, draft.revision, draft.changed_at = state, draft.revision + 1, timezone.now()


def _require_valid(
    text: str, follow_up: str, next_update_at: datetime | None, reasons: Mapping[str, str]
) -> None:
    if len(text) > MAX_TEXT:
        message = _("At most %(most)s characters.") % {"most": MAX_TEXT}
        raise ValidationFailed.at_field("text", message, reason=Reason.INVALID_INPUT)
    if follow_up not in {*Draft.FollowUp.values, *Ticket.CloseReason.values}:
        raise ValidationFailed.at_field("follow_up", _("Choose what follows."), reason=Reason.INVALID_INPUT)
    if follow_up == Draft.FollowUp.GO_ON and (next_update_at is None or next_update_at <= timezone.now()):
        message = _("Enter when you write again: a moment in the future.")
        raise ValidationFailed.at_field("next_update_at", message, reason=Reason.INVALID_INPUT)
    if any(len(reason) > MAX_REASON for reason in reasons.values()):
        message = _("A reason has at most %(most)s characters.") % {"most": MAX_REASON}
        raise ValidationFailed.at_field("text", message, reason=Reason.INVALID_INPUT)
