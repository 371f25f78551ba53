"""Questions about a document that is valid but probably a mistake: it is posted once somebody has confirmed it.

The key of a question names exactly what is asked, so an answer confirms nothing else: another day, or another figure,
is asked about again. The event records what was confirmed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.shapes import Values
from ledger.posting.below_zero import BelowZero, left_below_zero
from ledger.posting.checks import is_long_ago, long_ago
from ledger.posting.counted import booked_since
from ledger.posting.drafts import Draft
from ledger.posting.kinds import ADJUSTING
from ledger.posting.master_data import MasterData

MAX_NAMED = 3


@dataclass(frozen=True, slots=True)
class Question:
    """One question, at its field. `facts`: what an answer confirms, for the event.

    `yes`: the text of the answer. `position`: of the posting that the question is about, if any.
    """

    field: str
    reason: Reason
    message: str
    facts: Sequence[str]
    yes: str = ""
    position: int | None = None

    @property
    def key(self) -> str:
        """The value that a form sends back to confirm exactly this question."""
        digest = hashlib.sha256("\0".join(self.facts).encode()).hexdigest()
        return f"{self.reason}:{digest[:16]}"


def ask(act: Act, draft: Draft, questions: Sequence[Question]) -> None:
    """Ask all questions that are not confirmed yet, at once; record the confirmed ones in the event.

    Refusals: those of `refuse_unanswered`.
    """
    refuse_unanswered(draft, questions)
    if questions:
        act.found(
            confirmed=[
                {"reason": str(question.reason), "what": list(question.facts)} for question in questions
            ]
        )


def refuse_unanswered(draft: Draft, questions: Sequence[Question]) -> None:
    """Refuse a document that has unanswered questions.

    Refusals: VALIDATION_FAILED DATE_LONG_AGO, BELOW_ZERO_BY_DATE at `effective_on`, REFERENCE_POSTED at `reference`,
    COUNTED_SINCE at `reason`, with `questions` (key, message, yes, position).
    """
    if open_ := unanswered(draft, questions):
        raise _refusal(open_)


def unanswered(draft: Draft, questions: Sequence[Question]) -> list[Question]:
    """The questions that the sender of the document has not answered with yes."""
    return [question for question in questions if question.key not in (draft.confirmed or ())]


def about_the_day(act: Act, draft: Draft) -> Iterable[Question]:
    """The question whether a day more than ten years back is right."""
    if is_long_ago(draft.effective_on, today=act.today):
        day = draft.effective_on
        yield Question("effective_on", Reason.DATE_LONG_AGO, long_ago(day), [day.isoformat()])


def about_below_zero(act: Act, draft: Draft, master_data: MasterData) -> Iterable[Question]:
    """The question whether a date is right if stock is below zero on or after it. The draft is posted, uncommitted.

    So only documents that can be posted are asked about. Only people at a form can be asked (`Draft.confirmed`); the
    report of movements shows such days for all documents.
    """
    if draft.confirmed is None or draft.effective_on >= act.today:
        return
    if found := left_below_zero(draft, {bin_: facts.hub_id for bin_, facts in master_data.bins.items()}):
        message = (
            _("With this date, stock by effective date falls below zero: %(what)s.") % {"what": _named(found)}
            if act.actor.may(Permission.LEDGER_VIEW_STOCK)
            else _("With this date, stock by effective date falls below zero.")
        )
        yield Question("effective_on", Reason.BELOW_ZERO_BY_DATE, message, [one.fact for one in found])


def about_counted(act: Act, draft: Draft) -> Iterable[Question]:
    """The question whether an adjustment repeats a difference that a count of that day or later has booked.

    A count that is not posted yet asks its approver the same, so in either order nothing is booked twice.
    """
    if draft.confirmed is None or draft.kind not in ADJUSTING:
        return
    found = booked_since(draft.lines, day=draft.effective_on)
    if not found:
        return
    latest, shows = found[0], act.actor.may(Permission.LEDGER_VIEW_STOCK)
    message = (
        _("%(count)s counted %(sku)s in %(bin)s on %(day)s and booked %(figure)s.")
        if shows
        else _("%(count)s counted %(sku)s in %(bin)s on %(day)s and booked a difference.")
    ) % {
        "count": latest.count,
        "sku": latest.sku,
        "bin": latest.address,
        "day": latest.counted_on.isoformat(),
        "figure": latest.figure if shows else "",
    }
    if len(found) > 1:
        more = ngettext("And %(more)s more.", "And %(more)s more.", len(found) - 1)
        message = f"{message} {more % {'more': len(found) - 1}}"
    yield Question(
        "reason",
        Reason.COUNTED_SINCE,
        message,
        [one.fact for one in found],
        yes=_("This adjustment is for another difference."),
        position=latest.position,
    )


def _named(found: Sequence[BelowZero]) -> str:
    named = "; ".join(str(one) for one in found[:MAX_NAMED])
    rest = len(found) - MAX_NAMED
    return _("%(named)s; and %(rest)s more") % {"named": named, "rest": rest} if rest > 0 else named


def _refusal(questions: Sequence[Question]) -> ValidationFailed:
    fields: dict[str, list[dict[str, str]]] = {}
    for question in questions:
        entry = {"reason": str(question.reason), "message": question.message}
        fields.setdefault(question.field, []).append(entry)
    asked: list[Values] = [
        {
            "key": question.key,
            "message": question.message,
            "yes": question.yes or _("This is right."),
            "position": question.position,
        }
        for question in questions
    ]
    return ValidationFailed(
        questions[0].message if len(questions) == 1 else None,
        reason=questions[0].reason if len(questions) == 1 else Reason.INVALID_INPUT,
        details={
            "fields": fields,
            "questions": asked,
            "remedy": _("Correct the document, or confirm that it is right."),
        },
    )
