"""Posting a file of documents: one posting per reference, as one batch, without documents that are already posted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, TypedDict
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import connection, transaction
from django.utils.translation import gettext as _

from asora.kernel import progress
from asora.kernel.act import Act
from asora.kernel.csv.reading import LineErrors
from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues, Values
from ledger.actions.asking import Asking
from ledger.actions.documents import say
from ledger.files.outcome import MAX_SHOWN, FileImport, ImportedDocument
from ledger.posting import evidence, identity, writing
from ledger.posting.checks import check_document, check_lines, is_long_ago
from ledger.posting.csv_reader import MovementFile
from ledger.posting.drafts import Draft, DraftLine, lines_of
from ledger.posting.journal import all_or_nothing, each_by_itself
from ledger.posting.master_data import MasterData, master_data_of
from ledger.posting.rules import added_up
from ledger.posting.writing import Posted

READ_OWN = """
SELECT DISTINCT ON (posting.reference) posting.reference, posting.position,
       EXISTS (SELECT FROM ledger_posting reversal WHERE reversal.reverses = posting.position)
FROM ledger_posting posting WHERE posting.batch = %s AND posting.kind <> 'reversal'
ORDER BY posting.reference, posting.position DESC
"""


def hubs_of_file(values: ReadOnlyValues) -> Iterable[Any]:
    """The hubs that a file works at, for the door's hub gate."""
    file: MovementFile | None = values.get("file")
    return file.hubs if file else ()


class ImportOptions(TypedDict, total=False):
    """Decisions of a person about a file. `name`: the file's name, which is the subject of the event.

    `skip_refused`: leave out every posting that has a refused line. `old_days`: days more than ten years back are
    confirmed. `another`: the newest posting that was asked about; the file's documents are other ones.
    """

    name: str
    skip_refused: bool
    old_days: bool
    another: int | None


def post_file(
    act: Act,
    file: MovementFile,
    *,
    name: str = "",
    skip_refused: bool = False,
    old_days: bool = False,
    another: int | None = None,
) -> FileImport:
    """Post a file, a posting per reference, as one batch. The body of every import of movements.

    Documents that are already in the ledger (`ledger.posting.identity`) are left alone, so a file is posted once, even
    if another program saved it again. The sender is asked about a reference that a different document has; `another` is
    the answer: the newest posting that was asked about. Reversed documents do not count: they can be posted again.
    `old_days`: the sender confirms that days more than ten years back are right. The event records the answers.
    """
    batch = uuid5(NAMESPACE_URL, f"asora:{act.tenant.schema_name}:{file.kind}:{file.sha256}")
    drafts = [
        replace(draft, submission=uuid5(batch, draft.reference), batch=batch) for draft in _received(file)
    ]
    master_data = master_data_of(drafts)
    evidence.checked(act, drafts, master_data)
    own = _own(batch)
    known = _known(file, drafts, master_data, own)
    # Posted documents are not checked again: a bin or a reason may have been archived since.
    unread = {line: list(faults) for line, faults in file.errors.lines.items()}
    errors = LineErrors({line: unread[line] for line in unread if file.reference_of[line] not in known})
    fresh = [_once_more(draft, own) for draft in drafts if draft.reference not in known]
    for draft in progress.counted("checking", fresh, total=len(fresh)):
        check_document(draft, master_data, errors, today=act.today, old_days=old_days)
        check_lines(draft, master_data, errors)
    left_out = {file.reference_of[line] for line in errors.lines}
    asking = Asking(act, master_data, answered=another or 0)
    asked = asking.name([draft for draft in fresh if draft.reference not in left_out], errors)
    if errors and not skip_refused:
        refusal = errors.refusal(total=file.total)
        refusal.details |= {"another": asked} if asked else {}
        raise refusal
    left_out = {file.reference_of[line] for line in errors.lines}
    fresh = [draft for draft in fresh if draft.reference not in left_out]
    progress.at("writing")
    fresh, posted = _post_what_can_be(act, fresh, master_data, errors, skip_refused=skip_refused)
    left_out = {file.reference_of[line] for line in errors.lines}
    act.found(
        sha256=file.sha256,
        batch=str(batch),
        already_posted=len(known),
        left_out={"postings": len(left_out), "lines": len(errors.lines), "reasons": errors.counts()},
    )
    if file.rejected:
        act.found(passed_over=len(file.rejected))
    evidence.moved(act, fresh, master_data)
    say(act, fresh, posted, master_data)
    if confirmed := [*_old_days(act, fresh), *asking.answers(fresh)]:
        act.found(confirmed=confirmed)
    if not fresh:
        act.noop(_("This file has nothing left to post."))
    return FileImport(
        postings=len(fresh),
        lines=sum(len(draft.lines) for draft in fresh),
        quantity=sum((line.quantity for line in lines_of(fresh)), Decimal(0)),
        quantities=_per_unit(lines_of(fresh), master_data),
        value=posted.value,
        already_posted=len(known),
        left_out=errors,
        left_out_postings=len(left_out),
        positions=posted.positions,
        batch=batch,
        documents=_documents(
            file,
            drafts,
            values=dict(zip((draft.reference for draft in fresh), posted.values, strict=True)),
            known=known,
            left_out=left_out,
            master_data=master_data,
        ),
        references=len(set(file.reference_of.values())),
        reasons=errors.counts(),
        passed_over=[(line, file.reference_of[line]) for line in sorted(file.rejected)],
        passed_over_lines=len(file.rejected),
        is_sent_before=bool(own),
        another=asked,
    )


def _old_days(act: Act, drafts: Sequence[Draft]) -> list[Values]:
    """The confirmed days more than ten years back, for the event."""
    old = [draft.effective_on for draft in drafts if is_long_ago(draft.effective_on, today=act.today)]
    if not old:
        return []
    what = {"documents": len(old), "first": min(old).isoformat(), "last": max(old).isoformat()}
    return [{"reason": str(Reason.DATE_LONG_AGO), **what}]


@dataclass(frozen=True, slots=True)
class _Own:
    """The latest posting of a reference from this same file, and whether it was reversed."""

    position: int
    is_reversed: bool


def _own(batch: UUID) -> dict[str, _Own]:
    with connection.cursor() as cursor:
        cursor.execute(READ_OWN, [batch])
        return {reference: _Own(position, is_reversed) for reference, position, is_reversed in cursor}


def _known(
    file: MovementFile, drafts: Sequence[Draft], master_data: MasterData, own: Mapping[str, _Own]
) -> dict[str, int]:
    """The documents of the file that are in the ledger already: reference to position."""
    known = {reference: one.position for reference, one in own.items() if not one.is_reversed}
    half_read = {file.reference_of[line] for line in file.errors.lines}
    for draft in drafts:
        if draft.reference in known or draft.reference in half_read:
            continue  # a document that could not be read completely cannot be compared
        same = next((one for one in master_data.standing(draft) if identity.is_same(draft, one)), None)
        if same is not None:
            known[draft.reference] = same.position
    return known


def _once_more(draft: Draft, own: Mapping[str, _Own]) -> Draft:
    """A reversed posting has used its draft's submission, so the next one is derived from that posting."""
    before = own.get(draft.reference)
    if before is None or draft.batch is None:
        return draft
    return replace(draft, submission=uuid5(draft.batch, f"{draft.reference}\n{before.position}"))


def _received(file: MovementFile) -> list[Draft]:
    """The drafts of a file without the lines that were rejected in full; drafts without lines are dropped."""
    if not file.rejected:
        return list(file.drafts)
    stored = [
        replace(draft, lines=[line for line in draft.lines if line.number not in file.rejected])
        for draft in file.drafts
    ]
    return [draft for draft in stored if draft.lines]


def _documents(
    file: MovementFile,
    drafts: Sequence[Draft],
    *,
    values: Mapping[str, Decimal],
    known: Mapping[str, int],
    left_out: Collection[str],
    master_data: MasterData,
) -> list[ImportedDocument]:
    """The first documents of a file, in the order of their first lines. `values`: of those that are posted now."""
    lines = Counter(file.reference_of.values())
    by_reference = {draft.reference: draft for draft in drafts}

    def state(reference: str) -> str:
        if reference in values:
            return "fresh"
        if reference in known:
            return "known"
        return "left_out" if reference in left_out else "passed_over"

    listed = []
    for reference, number in islice(lines.items(), MAX_SHOWN):
        draft = by_reference.get(reference)
        is_dated = draft is not None and draft.effective_on != date.min
        listed.append(
            ImportedDocument(
                reference=reference,
                state=state(reference),
                lines=number,
                effective_on=draft.effective_on if draft and is_dated else None,
                quantities=_per_unit(draft.lines, master_data) if draft else [],
                value=values.get(reference),
                position=known.get(reference),
            )
        )
    return listed


def _per_unit(lines: Iterable[DraftLine], master_data: MasterData) -> list[tuple[str, Decimal]]:
    return sorted(added_up((master_data.items[line.item_id].unit, line.quantity) for line in lines).items())


def _post_what_can_be(
    act: Act, drafts: list[Draft], master_data: MasterData, errors: LineErrors, *, skip_refused: bool
) -> tuple[list[Draft], Posted]:
    """Post drafts; with `skip_refused`, leave out those that stock does not allow and name them in `errors`.

    Leaving one out changes the stock for the others, so this repeats until all remaining drafts can be posted.
    """
    journal = each_by_itself if skip_refused else all_or_nothing
    while True:
        try:
            # A refused attempt must also roll back what it wrote about its items.
            with transaction.atomic():
                return drafts, writing.post(act, drafts, master_data, journal=journal)
        except ValidationFailed as refusal:
            refused = {int(line): entries for line, entries in refusal.details.get("lines", {}).items()}
            if not skip_refused or not refused:
                raise
            errors.lines |= refused
            drafts = [draft for draft in drafts if not refused.keys() & {line.number for line in draft.lines}]
