"""The header line of a file that strangers made: what separates its cells, and which of our columns each one holds.

A header that names our columns is taken as it is. Any other one needs a mapping, chosen by a person: the number of a
column of the file (from 1) to the name of ours, `{"3": "quantity"}`. Numbers, because a file may call two columns
alike, or call one whatever it likes. What no column of ours is made of is not used, which only a mapping can say.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from django.utils.translation import gettext as _

from asora.kernel.csv.writing import unguard
from asora.kernel.refusals import Reason, ValidationFailed

DELIMITERS = (",", ";", "\t")
LONGEST_HEADER = 64 * 1024  # characters
MOST_COLUMNS = 200
LONGEST_NAME = 60
MOST_NAMED = 20
SAMPLE_LINES = 3
SAMPLED = 1_000  # lines below the header, where the sample must stand
LONGEST_RECORD = 2_000_000  # characters: far more than the widest table needs

#: Number of a column of the file, as text, to the name of our column.
Mapped = Mapping[str, str]


class Head(NamedTuple):
    """The columns of a file as it calls them, and the cells of its first lines."""

    columns: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]

    def cells(self, number: int) -> tuple[str, ...]:
        """What stands in a column of the file (from 1) in the first lines."""
        return tuple(line[number - 1] for line in self.sample if number <= len(line))


def text_of(content: bytes) -> str:
    """The file as text. Refusals: VALIDATION_FAILED INVALID_INPUT: not UTF-8, or with NUL in it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(_("The file is not UTF-8 text. Save it as “CSV UTF-8”.")) from error
    if "\x00" in text:
        raise unreadable(_("The file is not text: it holds NUL characters."))
    return text


def line_ends(content: bytes) -> int:
    """How many lines end in a file, however they do: by LF, by CR LF, or by CR as old programs write."""
    return content.count(b"\n") + content.count(b"\r") - content.count(b"\r\n")


def delimiter_of(text: str) -> str:
    """What separates cells, decided by the header line alone: whatever makes most cells of it; of equals the comma."""
    start = text[:LONGEST_HEADER]
    return max(DELIMITERS, key=lambda delimiter: len(_first_line(start, delimiter)))


def _first_line(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


class Records:
    """The records of a CSV text, one by one, blank lines included: (the line that it starts on, its cells).

    A record may go over several lines, but not without end: its cells would take many times the memory of the file.
    Refusals: VALIDATION_FAILED INVALID_INPUT (no CSV), TOO_LARGE (a record of more than two million characters).
    """

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self._reader = csv.reader(self._bounded(), delimiter=delimiter_of(text), strict=True)
        self._started, self._room = 1, LONGEST_RECORD

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return self

    def __next__(self) -> tuple[int, list[str]]:
        self._started, self._room = self._reader.line_num + 1, LONGEST_RECORD
        try:
            return self._started, next(self._reader)
        except csv.Error as error:
            raise not_csv(self._reader.line_num, error) from error

    def _bounded(self) -> Iterator[str]:
        for line in self._lines:
            self._room -= len(line)
            if self._room < 0:
                message = _("Line %(line)s is longer than any table needs: a quote may lack its end.") % {
                    "line": f"{self._started:,}"
                }
                raise ValidationFailed(message, reason=Reason.TOO_LARGE)
            yield line


def head_of(content: bytes) -> Head:
    """The columns of a file, and its first three lines as a sample.

    Refusals: VALIDATION_FAILED INVALID_INPUT (no text, no CSV, no header), TOO_LARGE (more than 200 columns, or two
    million characters in a line).
    """
    records = Records(text_of(content))
    columns = tuple(name.strip() for name in next(records, (1, []))[1])
    written = (cells for _line, cells in islice(records, SAMPLED) if any(cell.strip() for cell in cells))
    sample = tuple(
        tuple(unguard(cell)[:LONGEST_NAME] for cell in cells) for cells in islice(written, SAMPLE_LINES)
    )
    if not any(columns):
        raise unreadable(_("The file has no header line."))
    refuse_wide(columns)
    return Head(columns, sample)


def columns_of(
    written: Sequence[str],
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    aliases: Mapping[str, str] | None = None,
    mapping: Mapped | None = None,
) -> tuple[str, ...]:
    """For each column of the file the name of ours that it is; "" for one that is not used.

    Refusals: VALIDATION_FAILED INVALID_INPUT: without a mapping with `columns`, naming what is missing, unknown or
    twice; with one at the `fields` that it maps wrongly. TOO_LARGE: more than 200 columns.
    """
    refuse_wide(written)
    if mapping:
        _refuse_mapping(len(written), mapping, required=required, optional=optional)
        return tuple(mapping.get(str(number), "") for number in range(1, len(written) + 1))
    found = [name.strip().lower() for name in written]
    header = tuple((aliases or {}).get(name, name) for name in found)
    _refuse_header(header, required=required, optional=optional)
    return header


def _refuse_header(header: Sequence[str], *, required: Sequence[str], optional: Sequence[str]) -> None:
    wrong = {
        "missing": [name for name in required if name not in header],
        "twice": sorted({name for name in header if name and header.count(name) > 1}),
        "unknown": [name or _("(empty)") for name in header if name not in required and name not in optional],
    }
    messages = {
        "missing": _("The file lacks the columns: %(names)s."),
        "twice": _("These columns stand twice: %(names)s."),
        "unknown": _("These columns are not known here: %(names)s."),
    }
    first = next((name for name, listed in wrong.items() if listed), "")
    if first:
        raise ValidationFailed(
            messages[first] % {"names": _listed(wrong[first])},
            reason=Reason.INVALID_INPUT,
            details={
                "columns": {
                    name: [_cut(one) for one in listed[:MOST_NAMED]] for name, listed in wrong.items()
                }
            },
        )


def _refuse_mapping(width: int, mapping: Mapped, *, required: Sequence[str], optional: Sequence[str]) -> None:
    numbers = {str(number) for number in range(1, width + 1)}
    fields: dict[str, list[dict[str, str]]] = {}

    def fault(name: str, message: str) -> None:
        entry = {"reason": str(Reason.INVALID_INPUT), "message": message}
        fields.setdefault(_cut(name), []).append(entry)

    named = list(mapping.values())
    for number, name in mapping.items():
        if name not in required and name not in optional:
            fault(name, _("There is no such column in a file of this kind."))
        elif number not in numbers:
            fault(name, _("The file has no such column."))
    for name in dict.fromkeys(name for name in named if named.count(name) > 1):
        fault(name, _("Only one column of the file can be this one."))
    for name in required:
        if name not in named:
            fault(name, _("Choose the column of the file that holds this."))
    if fields:
        first = next(iter(fields.values()))[0]["message"]
        raise ValidationFailed(first, reason=Reason.INVALID_INPUT, details={"fields": fields})


def refuse_wide(columns: Sequence[str]) -> None:
    """Refuse a header that nobody means. Refusals: VALIDATION_FAILED TOO_LARGE."""
    if len(columns) > MOST_COLUMNS:
        message = _("A file may have %(most)s columns.") % {"most": MOST_COLUMNS}
        raise ValidationFailed(message, reason=Reason.TOO_LARGE)


def unreadable(message: str) -> ValidationFailed:
    """The refusal of what is no table at all."""
    return ValidationFailed(message, reason=Reason.INVALID_INPUT)


def not_csv(line: int, error: csv.Error) -> ValidationFailed:
    """The refusal of text that is no CSV, at the line where that shows."""
    return unreadable(_("Line %(line)s is not CSV: %(why)s.") % {"line": line, "why": error})


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(_cut(name) for name in names[:MOST_NAMED])
    return shown if len(names) <= MOST_NAMED else f"{shown}, …"


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
