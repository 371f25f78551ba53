"""What an import of any noun goes through: cells by rule, no line twice, existing rows identical, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.importing import LineErrors, Table, first_duplicates
from asora.kernel.refusals import Reason
from inventory.rules import RuleBroken


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file did, or in a rehearsal would do."""

    rows: int
    created: int
    unchanged: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file, its cells as the rules keep them; a cell that broke its rule is not there."""

    number: int
    values: dict[str, Any]

    def get(self, column: str) -> Any:
        """The value, or None when it broke its rule or the file lacks the column."""
        return self.values.get(column)

    def key(self, *columns: str) -> str:
        """The code or address that names the line's record, in one case; "" when it cannot be read."""
        parts = [self.values.get(column) for column in columns]
        return "/".join(parts).upper() if all(parts) else ""  # type: ignore[arg-type]


def ruled(table: Table, rules: Mapping[str, Callable[[str], Any]], *, errors: LineErrors) -> list[Line]:
    """Every line with its cells judged, each by the rule of its column."""
    present = {column: rule for column, rule in rules.items() if column in table.columns}
    lines = []
    for row in table.rows:
        values: dict[str, Any] = {}
        for column, rule in present.items():
            try:
                values[column] = rule(row[column])
            except RuleBroken as broken:
                errors.add(row.line, column, broken.reason, broken.message)
        lines.append(Line(row.line, values))
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
    """A code that a line refers to, as the line writes it when they differ in upper and lower case only."""
    return written if code and written and code.upper() == written.upper() else code


def differs(line: Line, existing: Mapping[str, Any], *, errors: LineErrors) -> None:
    """ROW_DIFFERS when a record that exists is not as its line says; only columns that the file has are compared."""
    columns = [name for name, value in existing.items() if name in line.values and line.values[name] != value]
    if columns:
        errors.add(
            line.number,
            columns[0] if len(columns) == 1 else "",
            Reason.ROW_DIFFERS,
            _("It exists already, and differs in: %(columns)s.") % {"columns": ", ".join(columns)},
        )


def record(act: Act, table: Table, *, created: Iterable[str]) -> Imported:
    """Tell the event what the file did; a file in which everything exists already was nothing to do."""
    codes = list(created)
    imported = Imported(
        rows=len(table.rows),
        created=len(codes),
        unchanged=len(table.rows) - len(codes),
        sha256=table.sha256,
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
