"""Checks before a count is decided: another person than the counters, and the count as the approver saw it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from asora.kernel.shapes import Values
from ledger.counts.actions.counting import SHOWN, State, locked, wrong_state
from ledger.counts.queries.review import ReviewLine
from ledger.counts.queries.sheets import has_counted
from ledger.models import CountSession


def needs_other_eyes(act: Act) -> bool:
    """Whether a person who counted may not approve (the segregated role model, for the owner too)."""
    return act.tenant.role_model == "segregated"


def refuse_own_count(act: Act, session: CountSession) -> None:
    """Refuse an approver who took part in the count, where a second person is required."""
    if needs_other_eyes(act) and has_counted(session, person=act.actor.ref):
        raise PermissionDenied(
            _("You took part in this count, so someone else must approve it."),
            reason=Reason.FOUR_EYES,
            details={
                "permission": Permission.LEDGER_APPROVE_COUNT,
                "remedy": _("Ask someone who may approve counts and did not take part in this one."),
            },
        )


def handed_in(act: Act, session: CountSession, seen: int) -> CountSession:
    """The session under its lock, if it is waiting for a decision and its approver has seen this version of it."""
    session = locked(act, session)
    refuse_unless_seen(session, seen)
    return session


def refuse_unless_seen(session: CountSession, seen: int) -> None:
    if session.state != State.SUBMITTED:
        raise not_now(session)
    if session.version != seen:
        raise stale()


def reads_places(act: Act, session: CountSession, lines: Iterable[ReviewLine]) -> None:
    """Record the places of these lines as inputs: later postings there change the decision."""
    places = dict.fromkeys((line.item_id, line.bin_id) for line in lines)
    act.reads(*keys.stock(list(places), {bin_: session.hub_id for _item, bin_ in places}))


def stale() -> StateConflict:
    """The refusal of a decision that was made on an outdated page."""
    return StateConflict(
        _("This count has changed since you opened it. Reload the page and check it again."),
        reason=Reason.STALE_FORM,
    )


def reading_superseded(postings: Iterable[int | None]) -> StateConflict:
    found = sorted({position for position in postings if position is not None})
    names = ", ".join(f"#{position}" for position in found[:5])
    return StateConflict(
        _("A later count of the same stock has already been posted: %(postings)s.") % {"postings": names},
        reason=Reason.READING_SUPERSEDED,
        details={
            "positions": found[:SHOWN],
            "remedy": _("Send the lines back to be counted again, or cancel this count."),
        },
    )


def not_now(session: CountSession) -> StateConflict:
    message = _("Count %(count)s is %(state)s.") % {"count": session, "state": session.get_state_display()}
    return wrong_state(session, message)


def refuse_undecided(lines: Sequence[ReviewLine], accepted: Collection[int]) -> None:
    disputed = [line for line in lines if line.is_disputed]
    if disputed:
        raise ValidationFailed(
            ngettext(
                "%(count)s line was counted differently by different people. Choose a figure, or send the line back.",
                "%(count)s lines were counted differently by different people. Choose figures, or send the lines back.",
                len(disputed),
            )
            % {"count": len(disputed)},
            reason=Reason.COUNTS_DIFFER,
            details={"undecided": [_named(line) for line in disputed]},
        )
    ambiguous = [line for line in lines if line.is_ambiguous]
    if ambiguous:
        raise ValidationFailed(
            ngettext(
                "%(count)s line was corrected after it was counted. Is this the same difference or another one?",
                "%(count)s lines were corrected after they were counted. Are these the same differences or others?",
                len(ambiguous),
            )
            % {"count": len(ambiguous)},
            reason=Reason.ADJUSTED_SINCE,
            details={
                "undecided": [_named(line) | _outcomes(line) for line in ambiguous],
                "remedy": _("Decide each line, or send it back to be counted again."),
            },
        )
    undecided = [line for line in lines if line.needs_decision and line.id not in accepted]
    if undecided:
        raise ValidationFailed(
            ngettext(
                "%(count)s variance is outside the tolerance and was not accepted.",
                "%(count)s variances are outside the tolerance and were not accepted.",
                len(undecided),
            )
            % {"count": len(undecided)},
            reason=Reason.VARIANCE_UNDECIDED,
            details={
                "undecided": [_named(line) for line in undecided],
                "remedy": _("Accept each variance, or send its line back to be counted again."),
            },
        )


def _named(line: ReviewLine) -> Values:
    return {"line": line.id, "bin": line.bin, "sku": line.sku}


def _outcomes(line: ReviewLine) -> Values:
    return {
        "corrections": line.corrections[:SHOWN],
        "left_if_same": f"{line.left_if_same or 0:f}",
        "left_if_another": f"{line.left_if_another or 0:f}",
    }
