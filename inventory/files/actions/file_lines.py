"""What an import of any noun goes through: cells by rule, no line twice, existing rows identical, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from django.utils.translation import gettext as _

from asora.kernel import progress
from asora.kernel.act import Act
from asora.kernel.csv.columns import Mapped
from asora.kernel.csv.reading import LineErrors, Table, first_duplicates, read_table
from asora.kernel.refusals import Reason
from asora.kernel.text import fold_code
from inventory.queries import Found
from inventory.rules import RuleBroken

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ImportedLine:
    """What became, or would become, of one line: whether its record is new, or exists as it is."""

    number: int
    key: str
    name: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file did, or in a rehearsal would do; `first`: its first 200 lines, one by one."""

    rows: int
    created: int
    unchanged: int
    sha256: str
    first: Sequence[ImportedLine] = ()

    @property
    def changes(self) -> bool:
        """Whether anything is new in it."""
        return self.created > 0

    def to_json(self) -> dict[str, Any]:
        """The outcome as a job stores it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The outcome that a job has stored."""
        return cls(**{**stored, "first": [ImportedLine(**line) for line in stored["first"]]})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file, its cells as the rules keep them; a cell that broke its rule is not there."""

    number: int
    values: dict[str, Any]

    def get(self, column: str) -> Any:
        """The value, or None when it broke its rule or the file lacks the column."""
        return self.values.get(column)

    def key(self, *columns: str) -> str:
        """The key of the code or address that names the line's record; "" when it cannot be read."""
        return fold_code(self.written(*columns))

    def written(self, *columns: str) -> str:
        """The same as it is written."""
        parts = [self.values.get(column) for column in columns]
        return "/".join(parts) if all(parts) else ""  # type: ignore[arg-type]


def reader(*, required: Sequence[str], optional: Sequence[str] = ()) -> Callable[..., Table]:
    """The `derive` of an import: reads the file into a table. Refusals: VALIDATION_FAILED (see `read_table`)."""

    def read(_act: Act, *, content: bytes, mapping: Mapped | None = None) -> Table:
        return read_table(content, required=required, optional=optional, mapping=mapping)

    return read


def ruled(table: Table, rules: Mapping[str, Callable[[str], Any]], *, errors: LineErrors) -> list[Line]:
    """Every line with its cells judged, each by the rule of its column."""
    present = {column: rule for column, rule in rules.items() if column in table.columns}
    lines = []
    for row in progress.counted("judging", table.rows, total=len(table.rows)):
        values: dict[str, Any] = {}
        for column, rule in present.items():
            try:
                values[column] = rule(row[column])
            except RuleBroken as broken:
                errors.add(row.line, column, broken.reason, broken.message)
        lines.append(Line(row.line, values))
    progress.at("writing")
    return lines


def optional(rule: Callable[[str], Any]) -> Callable[[str], Any]:
    """The rule for a cell that may be empty: None then."""
    return lambda text: rule(text) if text.strip() else None


def refuse_twice(lines: Sequence[Line], *columns: str, errors: LineErrors) -> None:
    """DUPLICATE_ROW for every line whose key an earlier line has."""
    keys = ((line.number, line.key(*columns)) for line in lines)
    for number, earlier in first_duplicates((number, key) for number, key in keys if key).items():
        errors.add(
            number,
            columns[-1],
            Reason.DUPLICATE_ROW,
            _("Line %(earlier)s is the same one.") % {"earlier": earlier},
        )


def alike(code: str | None, written: str | None) -> str | None:
    """A code that a line refers to, as the line writes it when the two are equal."""
    return written if code and written and fold_code(code) == fold_code(written) else code


def misses(
    line: Line, column: str, found: Found[Any], message: Any, *, reason: Reason, errors: LineErrors
) -> None:
    """Name a code that names no record: `reason` and `message`, or CODE_AMBIGUOUS if it could mean two."""
    errors.add(line.number, column, *found.missing(line.written(column), reason, message))


def refuse_ambiguous(lines: Sequence[Line], *columns: str, found: Found[Any], errors: LineErrors) -> None:
    """CODE_AMBIGUOUS for every line whose own code or address could mean two records."""
    for line in lines:
        written = line.written(*columns)
        if found.is_ambiguous(written):
            errors.add(line.number, columns[-1], *found.missing(written, Reason.CODE_AMBIGUOUS, ""))


def differs(line: Line, existing: Mapping[str, Any], *, errors: LineErrors) -> None:
    """ROW_DIFFERS when a record that exists is not as its line says; only columns that the file has are compared."""
    for name, value in existing.items():
        if name in line.values and line.values[name] != value:
            errors.add(line.number, name, Reason.ROW_DIFFERS, _("It exists already, and differs here."))


def record(
    act: Act, table: Table, lines: Sequence[Line], *, new: Iterable[Line], key: Sequence[str] = ("code",)
) -> Imported:
    """Tell the event what the file did; a file in which everything exists already was nothing to do.

    `new`: the lines that became records; `key`: the columns that name a record.
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
            for line in lines[:MOST_SHOWN]
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
        act.noop("every line exists already")
    return imported
