"""Counting: enter what was found, and hand the count in. Nothing here reads the expected quantities."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from asora.kernel import positions
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.csv.reading import LineErrors
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues
from inventory.models import Bin, Item
from ledger.counts.figures import Figure
from ledger.counts.queries.scopes import scope_of
from ledger.counts.queries.sheets import uncounted_lines
from ledger.models import CountLine, CountReading, CountScan, CountSession
from ledger.posting import rules

MAX_QUANTITY = Decimal(10) ** 16
SHOWN = 20

State = CountSession.State


def hub_of(values: ReadOnlyValues) -> Iterable[Any]:
    """The hub that a count works at, for the door's hub gate."""
    session = values.get("session")
    return [session.hub if session is not None else values.get("hub")]


@action(
    "ledger.count.record",
    permission=Permission.LEDGER_COUNT,
    hubs=hub_of,
    subject="session",
    done=gettext_lazy("counted in {label}"),
    tried=gettext_lazy("tried to count in {label}"),
)
def record_counts(act: Act, *, session: CountSession, figures: Sequence[Figure]) -> CountSession:
    """Enter what was found, one line or many. A person's later figure for a line replaces their earlier one.

    Stock that is not on the sheet is added to it if it is in scope. Refusals: STATE_CONFLICT COUNT_STATE;
    VALIDATION_FAILED with `lines`: COUNT_NEGATIVE, QUANTITY_TOO_PRECISE, INVALID_INPUT, OUT_OF_SCOPE, DUPLICATE_ROW.
    """
    session = locked(act, session)
    _refuse_unless_counting(session)
    if not figures:
        raise ValidationFailed(_("No figures were entered. Enter at least one."), reason=Reason.NO_DATA)
    errors = LineErrors()
    check_figures(session, figures, errors)
    if errors:
        raise errors.refusal(total=len(figures))
    _write_figures(act, session, figures)
    return session


@action(
    "ledger.count.scan",
    permission=Permission.LEDGER_COUNT,
    hubs=hub_of,
    subject="session",
    done=gettext_lazy("scanned in count {label}"),
    tried=gettext_lazy("tried to scan in count {label}"),
)
def scan_one(act: Act, *, session: CountSession, item: Item, bin_: Bin, scan: UUID) -> CountSession:
    """Add one unit to this person's figure. `scan` makes sending the same scan twice harmless.

    Refusals: those of `record_counts`.
    """
    session = locked(act, session)
    _refuse_unless_counting(session)
    line = CountLine.objects.filter(session=session, item=item, bin=bin_).first()
    if CountScan.objects.filter(line=line, scan=scan).exists():
        act.noop(_("This scan has already been recorded."))
        return session
    readings = CountReading.objects.filter(line=line, counted_by=act.actor.ref)
    own = readings.filter(round=line.round).first() if line else None
    figure = Figure(1, item, bin_, (own.quantity if own else rules.ZERO) + 1)
    errors = LineErrors()
    check_figures(session, [figure], errors)
    if errors:
        raise errors.refusal(total=1)
    (line,) = _write_figures(act, session, [figure])
    CountScan(line=line, scan=scan).save(force_insert=True)
    return session


@action(
    "ledger.count.submit",
    permission=Permission.LEDGER_COUNT,
    hubs=hub_of,
    subject="session",
    done=gettext_lazy("submitted count {label}"),
    tried=gettext_lazy("tried to submit count {label}"),
)
def submit_count(act: Act, *, session: CountSession, without: Collection[int] = ()) -> CountSession:
    """Hand a count in for approval. `without`: the lines that are left uncounted on purpose; they change nothing.

    Refusals: STATE_CONFLICT COUNT_STATE (handed in already, or closed); VALIDATION_FAILED NO_DATA (nothing was counted
    at all), NOT_COUNTED with `uncounted`, the lines that nobody counted and that `without` does not name.
    """
    session = locked(act, session)
    _refuse_unless_counting(session)
    uncounted = uncounted_lines(session)
    valid = CountReading.objects.filter(line__session=session, round=F("line__round"))
    if not valid.exists():
        raise ValidationFailed(
            _("Nothing has been counted yet. If an item is not there, enter 0."), reason=Reason.NO_DATA
        )
    missing = [line for line in uncounted if not line.is_left_out and line.pk not in without]
    if missing:
        raise ValidationFailed(
            ngettext("%(count)s line was not counted.", "%(count)s lines were not counted.", len(missing))
            % {"count": len(missing)},
            reason=Reason.NOT_COUNTED,
            details={
                "uncounted": [
                    {"line": line.pk, "bin": line.bin.code, "sku": line.item.sku} for line in missing
                ],
                "remedy": _("Count them, or hand the count in without them."),
            },
        )
    for line in uncounted:
        line.is_left_out = True
    CountLine.objects.bulk_update(uncounted, ["is_left_out"], batch_size=1000)
    before = session.state
    session.submitted_by, session.submitted_at = act.actor.ref, timezone.now()
    advance(session, State.SUBMITTED, "submitted_by", "submitted_at")
    act.changed(
        session,
        before={"state": before},
        after={"state": session.state, "round": session.round, "left_out": len(uncounted)},
    )
    return session


def locked(act: Act, session: CountSession) -> CountSession:
    """The session as it is now, under a lock until commit: actions on one count run one after the other."""
    act.reads(session)
    return CountSession.objects.select_for_update(of=("self",)).select_related("hub").get(pk=session.pk)


def advance(session: CountSession, state: str, *fields: str) -> None:
    """Set the state of a locked session and raise its version, so that pages opened before are stale."""
    session.state = state
    session.version += 1
    session.save(update_fields=["state", "version", *fields])


def wrong_state(session: CountSession, message: str) -> StateConflict:
    """The refusal of an action that this session's state does not allow."""
    return StateConflict(
        message,
        reason=Reason.COUNT_STATE,
        details={"state": session.state, "remedy": _("Open the count again to see its state.")},
    )


def _refuse_unless_counting(session: CountSession) -> None:
    if not session.is_counting:
        message = _("Count %(count)s is %(state)s: no figures can be entered.") % {
            "count": session,
            "state": session.get_state_display(),
        }
        raise wrong_state(session, message)


def check_figures(session: CountSession, figures: Sequence[Figure], errors: LineErrors) -> None:
    """Add what is wrong with each figure by itself to `errors`. Does not look at stock."""
    scope = scope_of(session)
    lines = _lines(session, figures)
    seen: set[tuple[int, int]] = set()
    for figure in figures:
        key = figure.item.pk, figure.bin.pk
        if key in seen:
            errors.add(figure.number, "sku", Reason.DUPLICATE_ROW, _("This item and bin are listed twice."))
        seen.add(key)
        _check_quantity(figure, errors)
        line = lines.get(key)
        if line is None and not scope.covers(item=figure.item, bin_=figure.bin):
            message = _("%(sku)s in bin %(bin)s does not belong to this count.") % {
                "sku": figure.item.sku,
                "bin": figure.bin.code,
            }
            errors.add(figure.number, "sku", Reason.OUT_OF_SCOPE, message)
        if line is not None and session.state == State.RECOUNT and line.round != session.round:
            message = _("%(sku)s in bin %(bin)s was not sent back, so it is not counted again.") % {
                "sku": figure.item.sku,
                "bin": figure.bin.code,
            }
            errors.add(figure.number, "sku", Reason.OUT_OF_SCOPE, message)


def _check_quantity(figure: Figure, errors: LineErrors) -> None:
    if figure.quantity < 0:
        errors.add(figure.number, "quantity", Reason.COUNT_NEGATIVE, _("Enter a count of zero or more."))
    elif figure.quantity >= MAX_QUANTITY:
        errors.add(
            figure.number,
            "quantity",
            Reason.INVALID_INPUT,
            _("The number is too large. Enter a smaller quantity or cost."),
        )
    elif not rules.fits(figure.quantity, decimals=figure.item.decimals):
        message = _("%(sku)s is counted with %(places)s decimal places.") % {
            "sku": figure.item.sku,
            "places": figure.item.decimals,
        }
        errors.add(figure.number, "quantity", Reason.QUANTITY_TOO_PRECISE, message)


def _lines(session: CountSession, figures: Sequence[Figure]) -> dict[tuple[int, int], CountLine]:
    rows = CountLine.objects.filter(
        session=session,
        item__in={figure.item.pk for figure in figures},
        bin__in={figure.bin.pk for figure in figures},
    )
    return {(line.item_id, line.bin_id): line for line in rows}


def _write_figures(act: Act, session: CountSession, figures: Sequence[Figure]) -> list[CountLine]:
    """Write the figures, and return their lines."""
    lines = _lines(session, figures)
    added = [
        CountLine(session=session, item=figure.item, bin=figure.bin, round=session.round, is_found=True)
        for figure in figures
        if (figure.item.pk, figure.bin.pk) not in lines
    ]
    CountLine.objects.bulk_create(added, batch_size=1000)
    lines |= {(line.item_id, line.bin_id): line for line in added}
    own = {
        (reading.line_id, reading.round): reading
        for reading in CountReading.objects.filter(
            line__in=[line.pk for line in lines.values()], counted_by=act.actor.ref
        )
    }
    here, now = positions.current(), timezone.now()
    act.touched(session)
    fresh, changed = [], []
    for figure in figures:
        line = lines[figure.item.pk, figure.bin.pk]
        reading = own.get((line.pk, line.round))
        if reading is None:
            reading = CountReading(line=line, round=line.round, counted_by=act.actor.ref)
            fresh.append(reading)
        else:
            changed.append(reading)
        reading.quantity, reading.position, reading.counted_at = figure.quantity, here, now
    CountReading.objects.bulk_create(fresh, batch_size=1000)
    CountReading.objects.bulk_update(changed, ["quantity", "position", "counted_at"], batch_size=1000)
    if session.state == State.OPEN:
        session.state = State.COUNTING
        session.save(update_fields=["state"])
    act.found(
        lines=len(figures),
        added=len(added),
        round=session.round,
        position=here,
        figures=[
            {"item": figure.item.sku, "bin": figure.bin.code, "counted": figure.quantity}
            for figure in figures[:SHOWN]
        ],
    )
    return [lines[figure.item.pk, figure.bin.pk] for figure in figures]
