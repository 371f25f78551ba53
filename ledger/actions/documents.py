"""Shared by all actions that post documents: refusing a second submit, checking, and the content of events.

Files of documents are in `ledger.files.file_posting`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.csv.reading import LineErrors
from asora.kernel.refusals import Reason, Refusal, StateConflict
from asora.kernel.shapes import ReadOnlyValues
from ledger.actions.asking import Asking
from ledger.posting import evidence, opening_stock, writing
from ledger.posting.checks import check_lines, refuse_document
from ledger.posting.drafts import Draft
from ledger.posting.master_data import MasterData, master_data_of
from ledger.posting.questions import (
    about_below_zero,
    about_counted,
    about_the_day,
    ask,
    refuse_unanswered,
    unanswered,
)
from ledger.posting.writing import Posted


def already_posted(position: int | None = None) -> StateConflict:
    """The refusal of a second submit, with the position of the first."""
    return StateConflict(
        _("This document has already been posted."),
        reason=Reason.ALREADY_POSTED,
        details={"position": position} if position else {},
    )


CONSTRAINT_REFUSALS: dict[str, Callable[[], Refusal]] = {
    "ledger_posting_submission_key": already_posted,
    opening_stock.CONSTRAINT: opening_stock.too_late,
}


def hubs_of(values: ReadOnlyValues) -> Iterable[Any]:
    """The hubs that a document works at, for the door's hub gate."""
    hubs: Iterable[Any] = values.get("hubs", ())
    return hubs


def post_document(act: Act, draft: Draft) -> int:
    """Check one document under the locks and post it; returns its position. The body of every single posting.

    Refusals: STATE_CONFLICT ALREADY_POSTED; VALIDATION_FAILED at the document, with `lines`, or with `questions`.
    """
    master_data = master_data_of([draft])
    evidence.checked(act, [draft], master_data)
    if position := master_data.submitted.get(draft.submission):
        raise already_posted(position)
    refuse_document(draft, master_data, today=act.today)
    errors = LineErrors()
    check_lines(draft, master_data, errors)
    if errors:
        raise errors.refusal(total=len(draft.lines))
    another = [*Asking(act, master_data).about_another(draft)]
    questions = [*another, *about_the_day(act, draft), *about_counted(act, draft)]
    if unanswered(draft, another):
        # Before stock is checked: the first of two equal issues may have left nothing for the second.
        refuse_unanswered(draft, questions)
    posted = writing.post(act, [draft], master_data)
    ask(act, draft, [*questions, *about_below_zero(act, draft, master_data)])
    evidence.moved(act, [draft], master_data)
    say(act, [draft], posted, master_data)
    return posted.positions[0]


def say(act: Act, drafts: Sequence[Draft], posted: Posted, master_data: MasterData) -> None:
    """Put the totals of postings into the event, never their lines: the ledger has those."""
    act.found(
        postings=len(drafts),
        lines=posted.lines,
        quantities=posted.quantities,
        value=posted.value,
        references=[draft.reference for draft in drafts[:20]],
        vendors=sorted({master_data.vendors[draft.vendor_id].code for draft in drafts if draft.vendor_id})[
            :20
        ],
        reasons=sorted({draft.reason for draft in drafts if draft.reason})[:20],
    )
