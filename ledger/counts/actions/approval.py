"""Deciding a count: send lines back, choose between two readings, approve and post, or cancel.

Expected quantities are looked up here, at the position of each reading. Approving posts one document of kind count.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import uuid5

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, ValidationFailed
from ledger.actions.documents import CONSTRAINT_REFUSALS, already_posted, post_document
from ledger.counts.actions.counting import SHOWN, State, advance, hub_of, locked
from ledger.counts.actions.review_checks import (
    handed_in,
    not_now,
    reading_superseded,
    reads_places,
    refuse_own_count,
    refuse_undecided,
    refuse_unless_seen,
    stale,
)
from ledger.counts.queries.review import ReviewLine, counted_elsewhere, review_of
from ledger.counts.rules import accuracy_of
from ledger.models import CountLine, CountReading, CountSession, Kind
from ledger.posting.drafts import Counted, Draft, DraftLine
from ledger.posting.master_data import lock_items


@action(
    "ledger.count.recount",
    permission=Permission.LEDGER_APPROVE_COUNT,
    hubs=hub_of,
    subject="session",
    done=gettext_lazy("sent lines of count {label} back to be recounted"),
    tried=gettext_lazy("tried to send lines of count {label} back to be recounted"),
)
def request_recount(
    act: Act, *, session: CountSession, lines: Collection[int], seen: int, note: str = ""
) -> CountSession:
    """Send lines back to be counted again; their earlier readings stay as evidence and are no longer used.

    `seen`: the version of the session that the approver looked at. Refusals: STATE_CONFLICT COUNT_STATE, STALE_FORM;
    VALIDATION_FAILED NO_DATA, UNKNOWN_LINE.
    """
    session = handed_in(act, session, seen)
    wanted = list(session.lines.filter(pk__in=lines).select_related("item", "bin").order_by("pk"))
    if not lines:
        raise ValidationFailed(_("Choose the lines that should be counted again."), reason=Reason.NO_DATA)
    if len(wanted) != len(set(lines)):
        raise ValidationFailed(
            _("A line is not part of this count. Reload the page and choose again."),
            reason=Reason.UNKNOWN_LINE,
        )
    session.round += 1
    for line in wanted:
        line.round, line.is_left_out, line.chosen = session.round, False, None
        line.decision, line.decided_upto = "", None
    fields = ["round", "is_left_out", "chosen", "decision", "decided_upto"]
    CountLine.objects.bulk_update(wanted, fields, batch_size=1000)
    advance(session, State.RECOUNT, "round")
    act.changed(
        session,
        before={"state": State.SUBMITTED.value, "round": session.round - 1},
        after={
            "state": session.state,
            "round": session.round,
            "note": note,
            "lines": [f"{line.bin.code} {line.item.sku}" for line in wanted[:SHOWN]],
            "line_count": len(wanted),
        },
    )
    return session


@action(
    "ledger.count.choose",
    permission=Permission.LEDGER_APPROVE_COUNT,
    hubs=hub_of,
    subject="session",
    done=gettext_lazy("chose a reading in count {label}"),
    tried=gettext_lazy("tried to choose a reading in count {label}"),
)
def choose_reading(act: Act, *, session: CountSession, reading: int, seen: int) -> CountSession:
    """Choose which of several readings of a line is used.

    Refusals: STATE_CONFLICT COUNT_STATE, STALE_FORM, READING_SUPERSEDED; PERMISSION_DENIED FOUR_EYES;
    VALIDATION_FAILED UNKNOWN_LINE.
    """
    session = handed_in(act, session, seen)
    refuse_own_count(act, session)
    rows = CountReading.objects.select_related("line__item", "line__bin")
    found = rows.filter(pk=reading, line__session=session).first()
    if found is None or found.round != found.line.round:
        raise ValidationFailed(
            _("This figure is not part of this count. Reload the page and choose again."),
            reason=Reason.UNKNOWN_LINE,
        )
    line = next(line for line in review_of(session) if line.id == found.line_id)
    reads_places(act, session, [line])
    readings = line.readings
    later = next(each.superseded_by for each in readings if each.id == found.pk)
    if later is not None:
        raise reading_superseded([later])
    found.line.chosen, found.line.decision, found.line.decided_upto = found, "", None
    found.line.save(update_fields=["chosen", "decision", "decided_upto"])
    advance(session, State.SUBMITTED)
    act.touched(session)
    act.found(
        line=f"{found.line.bin.code} {found.line.item.sku}",
        counted=f"{found.quantity.normalize():f}",
        counted_by=found.counted_by,
        position=found.position,
    )
    return session


@action(
    "ledger.count.approve",
    permission=Permission.LEDGER_APPROVE_COUNT,
    hubs=hub_of,
    subject="session",
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("approved count {label}"),
    tried=gettext_lazy("tried to approve count {label}"),
)
def approve_count(
    act: Act, *, session: CountSession, accepted: Collection[int], seen: int, looked_at: int | None = None
) -> int:
    """Post the variances of a count, as one document; returns its position.

    Lines within the tolerance are approved automatically; every other variance must be named in `accepted`. Lines that
    were left uncounted, or that another count superseded, change nothing. `looked_at`: the position of the ledger when
    the approver's page was made; None if no page was shown. Refusals: PERMISSION_DENIED FOUR_EYES; STATE_CONFLICT
    ALREADY_POSTED, COUNT_STATE, STALE_FORM (another count was posted at one of its places since), READING_SUPERSEDED
    (all of it was counted again later); VALIDATION_FAILED COUNTS_DIFFER, ADJUSTED_SINCE, VARIANCE_UNDECIDED, and with
    `lines` (by the number of the line in the count) INSUFFICIENT_STOCK: more went out since than was counted, so the
    line must be sent back.
    """
    session = locked(act, session)
    if session.posting_id is not None:
        raise already_posted(session.posting_id)
    refuse_own_count(act, session)
    refuse_unless_seen(session, seen)
    # Expected quantities depend on other postings, so first take the lock that all postings of these items wait for.
    lock_items(session.lines.values_list("item_id", flat=True))
    if looked_at is not None and counted_elsewhere(session, after=looked_at):
        reads_places(act, session, review_of(session))
        raise stale()
    counted = [line for line in review_of(session) if line.is_counted]
    reads_places(act, session, counted)
    refuse_undecided(counted, accepted)
    superseded = [line for line in counted if line.superseded_by is not None]
    lines = [line for line in counted if line.superseded_by is None]
    if not lines:
        raise reading_superseded(line.superseded_by for line in superseded)
    drafted = [_draft_line(line) for line in lines]
    counted_at = max(line.settled.counted_at for line in lines if line.settled)
    position = post_document(
        act,
        Draft(
            kind=Kind.COUNT,
            submission=uuid5(session.submission, "posting"),
            effective_on=act.local(counted_at).date(),
            lines=drafted,
            reference=str(session),
            note=session.title,
        ),
    )
    session.posting_id, session.closed_by, session.closed_at = position, act.actor.ref, timezone.now()
    advance(session, State.APPROVED, "posting", "closed_by", "closed_at")
    accuracy = accuracy_of((line.unit, line.settled) for line in lines if line.settled)
    act.found(
        exact=accuracy.exact,
        within_tolerance=sum(1 for line in lines if line.is_within) - accuracy.exact,
        accepted=sum(1 for line in lines if not line.is_within),
        superseded=len(superseded),
        rounds=session.round,
    )
    act.changed(
        session,
        before={"state": State.SUBMITTED.value},
        after={"state": session.state, "position": position},
    )
    return position


@action(
    "ledger.count.cancel",
    permission=Permission.LEDGER_APPROVE_COUNT,
    hubs=hub_of,
    subject="session",
    done=gettext_lazy("cancelled count {label}"),
    tried=gettext_lazy("tried to cancel count {label}"),
)
def cancel_count(act: Act, *, session: CountSession, note: str = "") -> CountSession:
    """End a count without changing anything; what was counted stays readable. Refusals: STATE_CONFLICT COUNT_STATE."""
    session = locked(act, session)
    if session.is_closed:
        raise not_now(session)
    before = session.state
    session.closed_by, session.closed_at, session.note = act.actor.ref, timezone.now(), note
    advance(session, State.CANCELLED, "closed_by", "closed_at", "note")
    act.changed(session, before={"state": before}, after={"state": session.state, "note": note})
    return session


def _draft_line(line: ReviewLine) -> DraftLine:
    reading = line.settled
    assert reading is not None  # noqa: S101 - disputed lines were refused above
    return DraftLine(
        number=line.id,
        item_id=line.item_id,
        bin_id=line.bin_id,
        quantity=reading.variance,
        counted=Counted(quantity=reading.quantity, expected=reading.expected),
    )
