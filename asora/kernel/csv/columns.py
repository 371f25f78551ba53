"""The header line of an uploaded file: what separates its cells, and which column of Asora each of its columns is.

A header with Asora's own column names needs nothing else. Any other header needs a mapping that a person chooses: the
number of a column in the file (from 1) to the name of a column in Asora, `{"3": "quantity"}`. Numbers, because two
columns of a file may have the same name, and because names can mislead. Columns that are not mapped are not used.
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
MAX_HEADER_LENGTH = 64 * 1024  # characters
MAX_COLUMNS = 200
MAX_NAME_LENGTH = 60
MAX_NAMED = 20
SAMPLE_LINES = 3
SAMPLED = 1_000  # lines below the header that are searched for the sample
MAX_RECORD_LENGTH = 2_000_000  # characters: far more than the widest table needs

#: Number of a column in the file, as text, to the name of a column in Asora.
Mapped = Mapping[str, str]


class Head(NamedTuple):
    """The column names of a file, and the cells of its first lines."""

    columns: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]

    def cells(self, number: int) -> tuple[str, ...]:
        """The first cells of a column of the file (from 1)."""
        return tuple(line[number - 1] for line in self.sample if number <= len(line))


def text_of(content: bytes) -> str:
    """The file as text. Refusals: VALIDATION_FAILED INVALID_INPUT: not UTF-8, or NUL characters in it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(_("The file is not UTF-8 text. Save it as “CSV UTF-8”.")) from error
    if "\x00" in text:
        raise unreadable(
            _("The file is not a text file: it contains NUL characters. Save it as “CSV UTF-8”.")
        )
    return text


def line_ends(content: bytes) -> int:
    """The number of line ends in a file: LF, CR LF, or CR as old programs write."""
    return content.count(b"\n") + content.count(b"\r") - content.count(b"\r\n")


def delimiter_of(text: str) -> str:
    """The character that separates cells: the one that splits the header line into most cells; the comma if equal."""
    start = text[:MAX_HEADER_LENGTH]
    return max(DELIMITERS, key=lambda delimiter: len(_first_line(start, delimiter)))


def _first_line(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


class Records:
    """Iterates over the records of a CSV text, blank lines included: (the line where it starts, its cells).

    A record may span several lines, up to a limit: longer ones would need many times the memory of the file.
    Refusals: VALIDATION_FAILED INVALID_INPUT (not CSV), TOO_LARGE (a record of more than two million characters).
    """

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self._reader = csv.reader(self._bounded(), delimiter=delimiter_of(text), strict=True)
        self._started, self._room = 1, MAX_RECORD_LENGTH

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        return self

    def __next__(self) -> tuple[int, list[str]]:
        self._started, self._room = self._reader.line_num + 1, MAX_RECORD_LENGTH
        try:
            return self._started, next(self._reader)
        except csv.Error as error:
            raise not_csv(self._reader.line_num, error) from error

    def _bounded(self) -> Iterator[str]:
        for line in self._lines:
            self._room -= len(line)
            if self._room < 0:
                message = _("Line %(line)s is too long. A closing quotation mark may be missing.") % {
                    "line": f"{self._started:,}"
                }
                raise ValidationFailed(message, reason=Reason.TOO_LARGE)
            yield line


def head_of(content: bytes) -> Head:
    """The columns of a file, and its first three lines as a sample.

    Refusals: VALIDATION_FAILED INVALID_INPUT (not text, not CSV, no header), TOO_LARGE (more than 200 columns, or
    more than two million characters in a line).
    """
    records = Records(text_of(content))
    columns = tuple(name.strip() for name in next(records, (1, []))[1])
    written = (
        cells for _line, cells in islice(records, SAMPLED) if any(unguard(cell).strip() for cell in cells)
    )
    sample = tuple(
        tuple(unguard(cell)[:MAX_NAME_LENGTH] for cell in cells) for cells in islice(written, SAMPLE_LINES)
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
    """The name in Asora of each column of the file; "" for a column that is not used.

    Refusals: VALIDATION_FAILED INVALID_INPUT: without a mapping, `columns` names what is missing, unknown or there
    twice; with a mapping, `fields` names what is mapped wrongly. TOO_LARGE: more than 200 columns.
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
        "missing": _("These columns are missing from the file: %(names)s."),
        "twice": _("These columns are in the file more than once: %(names)s."),
        "unknown": _("Asora does not know these columns: %(names)s."),
    }
    first = next((name for name, listed in wrong.items() if listed), "")
    if first:
        raise ValidationFailed(
            messages[first] % {"names": _listed(wrong[first])},
            reason=Reason.INVALID_INPUT,
            details={
                "columns": {name: [_cut(one) for one in listed[:MAX_NAMED]] for name, listed in wrong.items()}
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
            fault(name, _("Files of this kind have no such column."))
        elif number not in numbers:
            fault(name, _("The file has no column with this number."))
    for name in dict.fromkeys(name for name in named if named.count(name) > 1):
        fault(name, _("Choose this column only once."))
    for name in required:
        if name not in named:
            fault(name, _("Choose the column of the file that contains this."))
    if fields:
        first = next(iter(fields.values()))[0]["message"]
        raise ValidationFailed(first, reason=Reason.INVALID_INPUT, details={"fields": fields})


def refuse_wide(columns: Sequence[str]) -> None:
    """Refuse a header with too many columns. Refusals: VALIDATION_FAILED TOO_LARGE."""
    if len(columns) > MAX_COLUMNS:
        message = _("A file can have at most %(most)s columns.") % {"most": MAX_COLUMNS}
        raise ValidationFailed(message, reason=Reason.TOO_LARGE)


def unreadable(message: str) -> ValidationFailed:
    """The refusal of a file that is not a table."""
    return ValidationFailed(message, reason=Reason.INVALID_INPUT)


def not_csv(line: int, error: csv.Error) -> ValidationFailed:
    """The refusal of a text that is not CSV, with the line of the error."""
    return unreadable(_("Line %(line)s is not valid CSV: %(why)s.") % {"line": line, "why": error})


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(_cut(name) for name in names[:MAX_NAMED])
    return shown if len(names) <= MAX_NAMED else f"{shown}, …"


def _cut(name: str) -> str:
    return name if len(name) <= MAX_NAME_LENGTH else f"{name[:MAX_NAME_LENGTH]}…"
