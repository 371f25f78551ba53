"""The open draft of a locked ticket, locked. For the bodies of actions."""

from __future__ import annotations

from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, StateConflict
from support.replies.models import Draft
from support.tickets.models import Ticket


def locked_draft(act: Act, ticket: Ticket, *, revision: int) -> Draft:
    """The open draft as it is now. `revision`: the one that the actor has seen.

    Refusals: STATE_CONFLICT NOT_ACTIVE (no open draft), TICKET_CHANGED (somebody edited it).
    """
    draft = (
        Draft.objects.select_for_update()
        .filter(ticket=ticket, state__in=(Draft.State.DRAFT, Draft.State.WAITING))
        .first()
    )
    if draft is None:
        raise StateConflict(
            _("This ticket has no open draft: it was sent or discarded."), reason=Reason.NOT_ACTIVE
        )
    act.reads(draft)
    if draft.revision != revision:
        raise StateConflict(
            _("Somebody has edited the draft since you opened it."),
            reason=Reason.TICKET_CHANGED,
            details={"draft_revision": draft.revision},
        )
    return draft
