"""The model of batches: a file of documents posted at once, and reversed at once."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from decimal import Decimal

from tests.ledger.model.postings import (
    Document,
    Ledger,
    Line,
    append,
    check,
    write,
    write_reversal,
)
from tests.ledger.model.refusals import Faults, Refused
from tests.ledger.model.stock import ZERO, Said

PLACES = 4  # no item has more decimal places, so a file with more is refused


@dataclass(frozen=True)
class File(Said):
    """Rows of one kind: a reference and a line, numbered as an editor shows them under one line of header."""

    kind: str
    rows: tuple[tuple[str, Line], ...]


@dataclass(frozen=True)
class Import:
    """A file to import. `skips`: leave out every document that has a refused line."""

    file: File
    skips: bool = False


@dataclass(frozen=True)
class BatchReversal:
    """Reverse everything of a file."""

    file: File
    submission: int


@dataclass(frozen=True)
class Imported:
    """The result of a file."""

    numbers: tuple[int, ...]
    lines: int
    quantity: Decimal
    value: Decimal
    already_posted: int
    left_out: frozenset[tuple[int, str]]
    left_out_postings: int


def import_file(ledger: Ledger, wish: Import) -> Imported:
    """Post a file, a document per reference, all or nothing; documents that are posted already are left alone."""
    faults = Faults()
    documents = _read(wish.file, faults)
    there = {
        reference for reference, document in documents.items() if _stands(ledger, wish, document, faults)
    }
    for reference, document in documents.items():
        if reference not in there:
            check(ledger, document, faults)
    if not wish.skips:
        faults.refuse()
    numbers: list[int] = []
    known = 0
    for reference, document in documents.items():
        if _lines_of(wish.file, reference) & faults.lines:
            continue
        if reference in there:
            known += 1
            continue
        before = copy.deepcopy(ledger.stock)
        own = Faults()
        entries = write(ledger, document, own)
        faults.at |= own.at
        if not own.at:
            numbers.append(append(ledger, document, entries))
        elif wish.skips:
            ledger.stock = before
    if not wish.skips:
        faults.refuse()
    posted = [ledger.postings[number] for number in numbers]
    return Imported(
        numbers=tuple(numbers),
        lines=sum(len(posting.document.lines) for posting in posted),
        quantity=sum((line.quantity for posting in posted for line in posting.document.lines), ZERO),
        value=sum((entry.value for posting in posted for entry in posting.entries), ZERO),
        already_posted=known,
        left_out=frozenset(faults.at),
        left_out_postings=sum(
            1 for reference in _references(wish.file) if _lines_of(wish.file, reference) & faults.lines
        ),
    )


def _stands(ledger: Ledger, wish: Import, document: Document, unread: Faults) -> bool:
    """Whether a posting that is not reversed has its kind, reference and lines; never for a half-read document."""
    if _lines_of(wish.file, document.reference) & unread.lines:
        return False
    undone = ledger.reversals()
    return any(
        (known.kind, known.reference, known.moves()) == (document.kind, document.reference, document.moves())
        for number, posting in enumerate(ledger.postings)
        if number not in undone
        for known in [posting.document]
    )


def _read(file: File, faults: Faults) -> dict[str, Document]:
    documents: dict[str, Document] = {}
    for reference in _references(file):
        lines = []
        for named, line in file.rows:
            if named != reference:
                continue
            if line.quantity != round(line.quantity, PLACES):
                faults.at.add((line.number, "INVALID_INPUT"))
            else:
                lines.append(line)
        documents[reference] = Document(
            file.kind, tuple(lines), submission=(file, reference), batch=file, reference=reference
        )
    return documents


def _references(file: File) -> list[str]:
    return list(dict.fromkeys(reference for reference, _ in file.rows))


def _lines_of(file: File, reference: str) -> set[int]:
    return {line.number for named, line in file.rows if named == reference}


def reverse_batch(ledger: Ledger, wish: BatchReversal) -> list[int]:
    """Reverse what is left of a file, newest first, all or nothing; returns the numbers of the reversals."""
    found = [
        number
        for number, posting in enumerate(ledger.postings)
        if posting.document.batch == wish.file and posting.document.reverses is None
    ]
    if not found:
        raise Refused("VALIDATION_FAILED", "NO_DATA")
    if any(ledger.has((wish.submission, number)) for number in found):
        raise Refused("STATE_CONFLICT", "ALREADY_POSTED")
    left = [number for number in reversed(found) if number not in ledger.reversals()]
    if not left:
        raise Refused("STATE_CONFLICT", "ALREADY_REVERSED")
    faults = Faults()
    numbers = []
    lines = 0
    for number in left:
        document = Document(
            "reversal", reverses=number, submission=(wish.submission, number), batch=wish.file
        )
        entries = write_reversal(ledger, document, faults, before=lines)
        lines += len(ledger.postings[number].entries)
        numbers.append(append(ledger, document, entries))
    faults.refuse()
    return numbers
