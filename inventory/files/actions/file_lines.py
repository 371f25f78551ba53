"""Steps shared by the imports of all nouns: check the cells, refuse duplicate lines, compare with existing rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from django.utils import timezone
from django.utils.translation import gettext as _

from asora.kernel import progress
from asora.kernel.act import Act
from asora.kernel.csv.columns import Mapped
from asora.kernel.csv.reading import LineErrors, Table, first_duplicates, read_table
from asora.kernel.refusals import Reason
from asora.kernel.shapes import ReadOnlyValues, StrOrPromise, Values
from asora.kernel.text import fold_code
from inventory.queries import Found
from inventory.rules import RuleBroken

MAX_SHOWN = 200
#: The column that says whether a record is archived; lists have it, so that they can be imported again.
STATE = "state"


@dataclass(frozen=True, slots=True)
class ImportedLine:
    """The result of one line: the record is new, or it already exists unchanged."""

    number: int
    key: str
    name: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of an import, or of its rehearsal. `first`: the results of the first 200 lines."""

    rows: int
    created: int
    unchanged: int
    sha256: str
    first: Sequence[ImportedLine] = ()

    @property
    def changes(self) -> bool:
        """Returns True if the file has at least one new record."""
        return self.created > 0

    def to_json(self) -> Values:
        """The outcome as a job stores it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: ReadOnlyValues) -> Self:
        """The outcome that a job has stored."""
        return cls(**{**stored, "first": [ImportedLine(**line) for line in stored["first"]]})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file, with the values that the rules made of its cells. A cell that broke its rule is missing."""

    number: int
    values: Values

    def get(self, column: str) -> Any:
        """The value, or None if the cell broke its rule or the file has no such column."""
        return self.values.get(column)

    def key(self, *columns: str) -> str:
        """The folded code or address of the line's record; "" if a part of it is missing."""
        return fold_code(self.written(*columns))

    def written(self, *columns: str) -> str:
        """The code or address of the line's record as written in the file; "" if a part of it is missing."""
        parts = [self.values.get(column) for column in columns]
        return "/".join(parts) if all(parts) else ""  # type: ignore[arg-type]


def reader(*, required: Sequence[str], optional: Sequence[str] = ()) -> Callable[..., Table]:
    """The `derive` of an import: reads the file into a table. Refusals: VALIDATION_FAILED (see `read_table`)."""

    def read(_act: Act, *, content: bytes, mapping: Mapped | None = None) -> Table:
        return read_table(content, required=required, optional=optional, mapping=mapping)

    return read


def ruled(table: Table, rules: Mapping[str, Callable[[str], Any]], *, errors: LineErrors) -> list[Line]:
    """Check the cells of every line, each by the rule of its column."""
    present = {column: rule for column, rule in rules.items() if column in table.columns}
    lines = []
    for row in progress.counted("checking", table.rows, total=len(table.rows)):
        values: Values = {}
        for column, rule in present.items():
            try:
                values[column] = rule(row[column])
            except RuleBroken as broken:
                errors.add(row.line, column, broken.reason, broken.message)
        lines.append(Line(row.line, values))
    progress.at("writing")
    return lines


def optional(rule: Callable[[str], Any]) -> Callable[[str], Any]:
    """The same rule for a cell that may be empty; an empty cell gives None."""
    return lambda text: rule(text) if text.strip() else None


def refuse_twice(lines: Sequence[Line], *columns: str, errors: LineErrors) -> None:
    """Add DUPLICATE_ROW for every line with the same key as an earlier line."""
    keys = ((line.number, line.key(*columns)) for line in lines)
    for number, earlier in first_duplicates((number, key) for number, key in keys if key).items():
        errors.add(
            number,
            columns[-1],
            Reason.DUPLICATE_ROW,
            _("Line %(earlier)s already has this code.") % {"earlier": earlier},
        )


def alike(code: str | None, written: str | None) -> str | None:
    """The code as the line spells it, if the two are equal; otherwise the code unchanged."""
    return written if code and written and fold_code(code) == fold_code(written) else code


def misses(
    line: Line, column: str, found: Found[Any], message: StrOrPromise, *, reason: Reason, errors: LineErrors
) -> None:
    """Add an error for a code that was not found: `reason` and `message`, or CODE_AMBIGUOUS if it could mean two."""
    errors.add(line.number, column, *found.missing(line.written(column), reason, message))


def refuse_ambiguous(lines: Sequence[Line], *columns: str, found: Found[Any], errors: LineErrors) -> None:
    """Add CODE_AMBIGUOUS for every line whose own code or address could mean two records."""
    for line in lines:
        written = line.written(*columns)
        if found.is_ambiguous(written):
            errors.add(line.number, columns[-1], *found.missing(written, Reason.CODE_AMBIGUOUS, ""))


def archived_at(line: Line) -> datetime | None:
    """When a new record is archived: now, if its line says that it is archived."""
    return timezone.now() if line.get(STATE) else None


def differs(line: Line, existing: ReadOnlyValues, *, errors: LineErrors) -> None:
    """Add ROW_DIFFERS if an existing record differs from its line. Only the columns of the file are compared."""
    for name, value in existing.items():
        if name in line.values and line.values[name] != value:
            add_difference(line, name, errors=errors)


def add_difference(line: Line, column: str, *, errors: LineErrors) -> None:
    """ROW_DIFFERS at a cell whose value differs from that of the existing record."""
    message = _("The existing record has another value here. Imports do not change existing records.")
    errors.add(line.number, column, Reason.ROW_DIFFERS, message)


def record(
    act: Act, table: Table, lines: Sequence[Line], *, new: Iterable[Line], key: Sequence[str] = ("code",)
) -> Imported:
    """Record in the event what the file did; if every record already exists, the event's outcome is "nothing to do".

    `new`: the lines that became records. `key`: the columns that make up the code or address of a record.
    """
    made = {line.number for line in new}
    codes = [line.written(*key) for line in lines if line.number in made]
    imported = Imported(
        rows=len(table.rows),
        created=len(codes),
        unchanged=len(table.rows) - len(codes),
        sha256=table.sha256,
        first=[
            ImportedLine(line.number, line.written(*key), line.get("name") or "", line.number in made)
            for line in lines[:MAX_SHOWN]
        ],
    )
    act.found(
        rows=imported.rows,
        created=imported.created,
        unchanged=imported.unchanged,
        sha256=imported.sha256,
        codes=codes,
    )
    if not codes:
        act.noop("every line already exists")
    return imported
