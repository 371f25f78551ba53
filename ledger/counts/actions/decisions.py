"""Deciding what a correction after a count was about: the difference that was counted, or another one.

Only a person can know that.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, ValidationFailed
from ledger.counts.actions.counting import SHOWN, State, advance, hub_of
from ledger.counts.actions.review_checks import handed_in, reads_places, refuse_own_count, stale
from ledger.counts.queries.review import review_of
from ledger.models import CountLine, CountSession
from ledger.posting.master_data import lock_items


@action(
    "ledger.count.decide",
    permission=Permission.LEDGER_APPROVE_COUNT,
    hubs=hub_of,
    subject="session",
    done=gettext_lazy("decided about an adjustment during count {label}"),
    tried=gettext_lazy("tried to decide about an adjustment during count {label}"),
)
def decide_correction(
    act: Act, *, session: CountSession, line: int, decision: CountLine.Decision, upto: int, seen: int
) -> CountSession:
    """Record whether a correction after a line was counted is about the difference that was found, or another one.

    `upto`: the position of the latest correction that was looked at. Refusals: STATE_CONFLICT COUNT_STATE, STALE_FORM
    (also when something was corrected since); PERMISSION_DENIED FOUR_EYES; VALIDATION_FAILED UNKNOWN_LINE.
    """
    session = handed_in(act, session, seen)
    refuse_own_count(act, session)
    row = session.lines.select_related("item").filter(pk=line).first()
    if row is None:
        raise ValidationFailed(
            _("A line is not part of this count. Reload the page and choose again."),
            reason=Reason.UNKNOWN_LINE,
        )
    lock_items([row.item_id])
    found = next(each for each in review_of(session) if each.id == line)
    reads_places(act, session, [found])
    reading = found.valid_reading
    if reading is None or not reading.is_ambiguous or reading.corrected_upto != upto:
        raise stale()
    row.decision, row.decided_upto = decision, upto
    row.save(update_fields=["decision", "decided_upto"])
    advance(session, State.SUBMITTED)
    act.touched(session)
    is_same = decision == CountLine.Decision.SAME
    act.found(
        line=f"{found.bin} {found.sku}",
        decision=str(decision),
        corrections=found.corrections[:SHOWN],
        left=found.left_if_same if is_same else found.left_if_another,
    )
    return session
