"""Reads uploaded CSV files: strict about their shape, complete about their errors.

Every refused line is reported with its rule. A file with one refused line is refused as a whole, so that no file is
ever imported in part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asora.kernel import progress
from asora.kernel.csv.columns import Mapped, Records, columns_of, line_ends, text_of
from asora.kernel.csv.writing import unguard
from asora.kernel.numbers import proves_point
from asora.kernel.refusals import Reason, ValidationFailed

MAX_ROWS = 200_000
TRUE_WORDS = frozenset({"true", "yes", "1", "y"})
FALSE_WORDS = frozenset({"false", "no", "0", "n"})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file: its line number as in a text editor, and its cells by column, unguarded and trimmed."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Table:
    """A file that was read: its digest, its columns and its rows."""

    sha256: str
    columns: tuple[str, ...]
    rows: list[Row]

    def proves_point(self, *columns: str) -> bool:
        """Returns True if the numbers in these columns prove that the file's decimal sign is a point."""
        return proves_point(row[column] for row in self.rows for column in columns)


@dataclass(slots=True)
class LineErrors:
    """Collects the errors of a file, line by line."""

    lines: dict[int, list[dict[str, str]]] = field(default_factory=dict)

    def add(self, line: int, column: str, reason: Reason, message: object) -> None:
        """Add an error of one line."""
        self.lines.setdefault(line, []).append(
            {"field": column, "reason": str(reason), "message": str(message)}
        )

    def has(self, line: int, column: str) -> bool:
        """Returns True if the cell already has an error."""
        return any(entry["field"] == column for entry in self.lines.get(line, ()))

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __contains__(self, line: int) -> bool:
        return line in self.lines

    def refusal(self, *, total: int) -> ValidationFailed:
        """The refusal of the whole file or document: every refused line with its rules, and how many lines per rule."""
        message = ngettext(
            "The line has an error, so nothing was saved.",
            "%(refused)s of %(total)s lines have errors, so nothing was saved.",
            total,
        )
        if total > 1 and len(self.lines) == 1:
            message = _("1 of %(total)s lines has an error, so nothing was saved.")
        return ValidationFailed(
            message % {"refused": f"{len(self.lines):,}", "total": f"{total:,}"},
            reason=self._single_reason(),
            details={
                "refused": len(self.lines),
                "total": total,
                "reasons": self.counts(),
                "lines": {str(line): entries for line, entries in sorted(self.lines.items())},
            },
        )

    def counts(self) -> dict[str, int]:
        """The number of refused lines per reason."""
        counted: dict[str, int] = {}
        for entries in self.lines.values():
            for reason in {entry["reason"] for entry in entries}:
                counted[reason] = counted.get(reason, 0) + 1
        return dict(sorted(counted.items()))

    def _single_reason(self) -> Reason:
        counted = self.counts()
        return Reason(next(iter(counted))) if len(counted) == 1 else Reason.INVALID_INPUT


def read_table(
    content: bytes,
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    aliases: Mapping[str, str] | None = None,
    mapping: Mapped | None = None,
) -> Table:
    """Read a UTF-8 CSV file with one header line. Comma, semicolon or tab separates the cells, as in the header.

    `mapping`: which column of the file is which of ours, where its header does not say so (`asora.kernel.csv.columns`).
    `aliases`: other names that a column may have in the header. Refusals: VALIDATION_FAILED INVALID_INPUT (not UTF-8,
    not CSV; with `columns`: missing, unknown or there twice; with `fields`: mapped wrongly; with `lines`: wrong
    number of cells), TOO_LARGE (over 200,000 lines or 200 columns, or a line that is too long), NO_DATA (no line
    below the header).
    """
    records = Records(text_of(content))
    _line, written = next(records, (1, []))
    header = columns_of(written, required=required, optional=optional, aliases=aliases, mapping=mapping)
    rows, errors = _read_rows(progress.counted("reading", records, total=line_ends(content)), header)
    if errors:
        raise errors.refusal(total=len(rows) + len(errors.lines))
    if not rows:
        raise ValidationFailed(_("The file has no lines below its header."), reason=Reason.NO_DATA)
    used = tuple(name for name in header if name)
    return Table(sha256=hashlib.sha256(content).hexdigest(), columns=used, rows=rows)


def raw_lines(content: bytes, numbers: Iterable[int]) -> dict[int, list[str]]:
    """The cells of these lines as in the file, by line number. The file must be valid CSV."""
    wanted = set(numbers)
    found: dict[int, list[str]] = {}
    last = max(wanted, default=0)
    for line, cells in Records(text_of(content)):
        if line in wanted:
            found[line] = [unguard(cell) for cell in cells]
        if line >= last:
            break
    return found


def _read_rows(
    records: Iterable[tuple[int, list[str]]], header: tuple[str, ...]
) -> tuple[list[Row], LineErrors]:
    rows: list[Row] = []
    errors = LineErrors()
    used = [(name, place) for place, name in enumerate(header) if name]
    width = len(header)
    for line, cells in records:
        if not any(unguard(cell).strip() for cell in cells):
            continue  # blank, or only separators, as spreadsheets append them
        if len(rows) + len(errors.lines) >= MAX_ROWS:
            raise ValidationFailed(
                _("A file can have at most %(most)s lines.") % {"most": f"{MAX_ROWS:,}"},
                reason=Reason.TOO_LARGE,
            )
        if len(cells) != width:
            message = _(
                "The line and the header have different numbers of cells: %(found)s and %(wanted)s."
            ) % {
                "found": len(cells),
                "wanted": width,
            }
            errors.add(line, "", Reason.INVALID_INPUT, message)
            continue
        rows.append(Row(line, {name: unguard(cells[place]).strip() for name, place in used}))
    return rows, errors


def flag_of(text: str) -> bool:
    """True or false from words such as yes, no, 1 and 0. Raises ValueError with a message that omits the value."""
    word = text.strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(_("Enter true or false."))


def first_duplicates(keys: Iterable[tuple[int, str]]) -> dict[int, int]:
    """Line → earlier line with the same key, for every key that occurs more than once."""
    seen: dict[str, int] = {}
    twice: dict[int, int] = {}
    for line, key in keys:
        if key in seen:
            twice[line] = seen[key]
        else:
            seen[key] = line
    return twice
