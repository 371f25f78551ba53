"""Reviewing a count in the browser. Expected quantities are shown to approvers once the count is handed in."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.accounts.people.queries import names
from asora.kernel import positions
from asora.kernel.pages import AsoraRequest, page, respond, wants_json
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Values
from ledger.counts.actions.approval import approve_count, cancel_count, choose_reading, request_recount
from ledger.counts.actions.decisions import decide_correction
from ledger.counts.actions.review_checks import needs_other_eyes, refuse_own_count
from ledger.counts.queries.review import ReviewLine, review_of
from ledger.counts.queries.scopes import overlaps_of
from ledger.counts.queries.sheets import has_counted, progress_of
from ledger.counts.rules import accuracy_of
from ledger.counts.views.sheets import load_count, overlap_notice
from ledger.models import CountLine, CountSession

SHOWN_LINES = 1_000
MAX_NOTE_LENGTH = 500


@page(permission=Permission.LEDGER_APPROVE_COUNT, is_form=True)
def count_review(request: AsoraRequest, count: int) -> HttpResponse:
    """Every line beside its expected quantity, once the count is handed in; before that, only its progress.

    Refusals: PERMISSION_DENIED FOUR_EYES for people who counted, where someone else must decide, until it is closed.
    """
    session = load_count(request, count, permission=Permission.LEDGER_APPROVE_COUNT)
    if not session.is_closed:
        refuse_own_count(request.act, session)
    return _review(request, session)


@page(permission=Permission.LEDGER_APPROVE_COUNT, methods=["POST"], tries="ledger.count.recount")
def count_recount(request: AsoraRequest, count: int) -> HttpResponseBase:
    """Send the chosen lines back. Refusals: those of `request_recount`."""
    session = load_count(request, count, permission=Permission.LEDGER_APPROVE_COUNT)
    try:
        request_recount(
            request.act,
            session=session,
            lines=_numbers(request.POST, "line"),
            seen=_seen(request.POST),
            note=_note(request.POST),
        )
    except Refusal as refusal:
        return _refused(request, session, refusal)
    messages.success(request, _("The lines were sent back to be counted again."))
    return redirect("ledger:count-review", count=session.pk)


@page(permission=Permission.LEDGER_APPROVE_COUNT, methods=["POST"], tries="ledger.count.choose")
def count_choose(request: AsoraRequest, count: int) -> HttpResponseBase:
    """Choose which of several readings is used. Refusals: those of `choose_reading`."""
    session = load_count(request, count, permission=Permission.LEDGER_APPROVE_COUNT)
    reading = next(iter(_numbers(request.POST, "reading")), 0)
    try:
        choose_reading(request.act, session=session, reading=reading, seen=_seen(request.POST))
    except Refusal as refusal:
        return _refused(request, session, refusal)
    return redirect("ledger:count-review", count=session.pk)


@page(permission=Permission.LEDGER_APPROVE_COUNT, methods=["POST"], tries="ledger.count.decide")
def count_decide(request: AsoraRequest, count: int) -> HttpResponseBase:
    """Decide what a correction after the count was about. Refusals: those of `decide_correction`.

    The button names its line, and the latest correction that its reader saw: `same=17-204`.
    """
    session = load_count(request, count, permission=Permission.LEDGER_APPROVE_COUNT)
    decision = next((each for each in CountLine.Decision if each.value in request.POST), None)
    line, _dash, upto = request.POST.get(str(decision), "").partition("-")
    try:
        decide_correction(
            request.act,
            session=session,
            line=_number(line),
            decision=decision or CountLine.Decision.ANOTHER,
            upto=_number(upto),
            seen=_seen(request.POST),
        )
    except Refusal as refusal:
        return _refused(request, session, refusal)
    return redirect("ledger:count-review", count=session.pk)


@page(permission=Permission.LEDGER_APPROVE_COUNT, methods=["POST"], tries="ledger.count.approve")
def count_approve(request: AsoraRequest, count: int) -> HttpResponseBase:
    """Approve and post a count. Refusals: those of `approve_count`, each at its line."""
    session = load_count(request, count, permission=Permission.LEDGER_APPROVE_COUNT)
    accepted = _numbers(request.POST, "accept")
    try:
        position = approve_count(
            request.act,
            session=session,
            accepted=accepted,
            seen=_seen(request.POST),
            looked_at=next(iter(_numbers(request.POST, "looked_at")), 0),
        )
    except Refusal as refusal:
        return _refused(request, session, refusal)
    messages.success(
        request,
        _("Count %(count)s is approved. Position %(position)s is now in the ledger.")
        % {"count": session, "position": f"{position:,}"},
    )
    return redirect("ledger:count-review", count=session.pk)


@page(permission=Permission.LEDGER_APPROVE_COUNT, methods=["POST"], tries="ledger.count.cancel")
def count_cancel(request: AsoraRequest, count: int) -> HttpResponseBase:
    """Cancel a count without changing stock. Refusals: those of `cancel_count`."""
    session = load_count(request, count, permission=Permission.LEDGER_APPROVE_COUNT)
    try:
        cancel_count(request.act, session=session, note=_note(request.POST))
    except Refusal as refusal:
        return _refused(request, session, refusal)
    messages.success(request, _("Count %(count)s was cancelled. Stock did not change.") % {"count": session})
    return redirect("ledger:count-list")


def _refused(request: AsoraRequest, session: CountSession, refusal: Refusal) -> HttpResponse:
    if wants_json(request) or str(refusal.reason) in {"FOUR_EYES", "HUB_NOT_GRANTED"}:
        raise refusal
    return _review(request, session, refusal=refusal)


def _review(request: AsoraRequest, session: CountSession, *, refusal: Refusal | None = None) -> HttpResponse:
    session.refresh_from_db()
    # A person who counts and approves must not see expected quantities here while lines are still to be counted.
    is_shown = session.state == CountSession.State.SUBMITTED or session.is_closed
    looked_at = positions.current()
    lines = review_of(session) if is_shown else []
    faults: Values = refusal.details.get("lines", {}) if refusal else {}
    people = names()
    chosen = request.GET.get("show", "")
    undecided = [line for line in lines if line.needs_decision]
    shown = _shown(lines, chosen, has_undecided=bool(undecided), is_closed=session.is_closed)
    context = {
        "session": session,
        "is_shown": is_shown,
        "show": shown[0],
        "rows": [
            (line, faults.get(str(line.id), []), _readings(line, people)) for line in shown[1][:SHOWN_LINES]
        ],
        "hidden": max(len(shown[1]) - SHOWN_LINES, 0),
        "tabs": _tabs(lines, is_closed=session.is_closed),
        "looked_at": looked_at,
        "undecided": undecided,
        "accepted": [line for line in lines if line.can_be_accepted],
        "blocked": [line for line in undecided if not line.can_be_accepted],
        "superseded": [line for line in lines if line.superseded_by is not None],
        "overlap": _overlap(session),
        "short": [line for line in lines if line.is_short and not session.is_closed],
        "variance_value": sum((line.variance_value for line in lines), Decimal(0)),
        "accuracy": accuracy_of((line.unit, line.settled) for line in lines if line.settled),
        "progress": progress_of([session.pk]).get(session.pk),
        "refusal": refusal,
        "may_decide": is_shown
        and not session.is_closed
        and not (needs_other_eyes(request.act) and has_counted(session, person=request.act.actor.ref)),
        "may_count": request.act.actor.may(Permission.LEDGER_COUNT),
        "people": people,
        "opened_by": people.get(session.opened_by, session.opened_by),
        "submitted_by": people.get(session.submitted_by, session.submitted_by),
        "closed_by": people.get(session.closed_by, session.closed_by),
        "assignee": people.get(session.assignee, ""),
        "sees_value": request.act.actor.may(Permission.LEDGER_VIEW_VALUE),
        "currency": request.act.tenant.currency,
    }
    status = refusal.status if refusal else 200
    return respond(request, "ledger/counts/review.html", context, status=status)


def _overlap(session: CountSession) -> str:
    overlaps = [] if session.is_closed else overlaps_of(session)
    return overlap_notice(overlaps) if overlaps else ""


def _readings(line: ReviewLine, people: dict[str, str]) -> list[tuple[Any, str, bool]]:
    """Each reading with its person and whether it is used; the used one with the decision about it."""
    used = line.settled
    return [
        (used, people.get(used.person, used.person), True)
        if used is not None and reading.id == used.id
        else (reading, people.get(reading.person, reading.person), False)
        for reading in line.readings
    ]


def _shown(
    lines: Sequence[ReviewLine], chosen: str, *, has_undecided: bool, is_closed: bool
) -> tuple[str, list[ReviewLine]]:
    groups = _groups(lines)
    default = "decide" if has_undecided and not is_closed else "all"
    name = chosen if chosen in groups else default
    return name, groups[name]


def _groups(lines: Sequence[ReviewLine]) -> dict[str, list[ReviewLine]]:
    return {
        "decide": [line for line in lines if line.needs_decision],
        "within": [line for line in lines if line.is_within],
        "superseded": [line for line in lines if line.superseded_by is not None],
        "uncounted": [line for line in lines if not line.is_counted],
        "all": list(lines),
    }


def _tabs(lines: Sequence[ReviewLine], *, is_closed: bool) -> list[tuple[str, Any, int]]:
    words = {
        "decide": _("Outside the tolerance") if is_closed else _("To decide"),
        "within": _("Within the tolerance"),
        "superseded": _("Counted again later"),
        "uncounted": _("Not counted"),
        "all": _("All"),
    }
    groups = _groups(lines).items()
    return [(name, words[name], len(found)) for name, found in groups if found or name != "superseded"]


def _numbers(posted: QueryDict, name: str) -> set[int]:
    """The ticked numbers; a text that is not a number becomes 0, which names nothing."""
    return {_number(text) for text in posted.getlist(name)}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _seen(posted: QueryDict) -> int:
    return next(iter(_numbers(posted, "seen")), 0)


def _note(posted: QueryDict) -> str:
    return posted.get("note", "").replace("\x00", "").strip()[:MAX_NOTE_LENGTH]
