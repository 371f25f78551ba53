"""The definition of a report: columns, an order, one SELECT, and a second one that computes its totals another way.

Everything in a report stays true at its position: codes, SKUs and units never change, names and categories are read as
they were then. So the same scope gives the same rows, on any day and in any process.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from asora.kernel.listing import Column
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues, StrOrPromise, Values
from ledger.reports.scope import Scope

CHUNK = 2000
BLOCK = 1 << 17  # bytes
SETTINGS = {
    # PostgreSQL's default of 4 MB is full at 40,000 rows; the sort then uses files, at a third of the speed.
    "work_mem": "32MB",
    # Days and moments are written as the driver reads them, whatever the server, role or session is set to.
    "DateStyle": "ISO, YMD",
    "TimeZone": "UTC",
}
SETTLE = "SELECT set_config(name, value, true) FROM unnest(%s::text[], %s::text[]) setting (name, value)"
TEXTS = {"text", "code", "kind"}
MOMENT = """to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
NOTHING = _("No rows for these filters")


@dataclass(frozen=True, slots=True)
class Total:
    """One total of a report: all rows of one unit, with the sum of each figure by column name."""

    unit: str
    rows: int
    figures: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Chart:
    """One amount of a report, added up by one of its columns.

    `filter`: the field of the page's form that narrows the report to one value. `blank`: the label of an empty value.
    """

    title: StrOrPromise
    by: str
    amount: str = "value"
    filter: str = ""
    blank: StrOrPromise = ""


@dataclass(frozen=True, slots=True)
class Charted:
    """A chart of a scope: the figure of each code, the largest first, regardless of sign."""

    chart: Chart
    figures: Sequence[tuple[str, Decimal]]


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `select` returns its columns in their order, and may return more columns for pages only, among
    them `unit` and `decimals` of the item.

    `key`: the columns that order and identify a row. `quantities` are added up per unit, `amounts` of money over all
    units. `cross_checked` computes the same sums of a scope another way: (unit, those columns). `entries_of` returns
    the address of the entries behind one figure of a row. `permission`: needed in addition to that for reports.
    `charts` show the same rows added up by one column. `nothing`: the heading of a page without rows. `version` is part
    of every export: a renderer that prints the same rows differently gets the next number.
    """

    slug: str
    title: StrOrPromise
    summary: StrOrPromise
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    select: str
    cross_checked: str
    entries_of: Callable[[ReadOnlyValues, Scope, str], str]
    quantities: tuple[str, ...] = ("quantity",)
    amounts: tuple[str, ...] = ()
    has_period: bool = False
    has_vendors: bool = False
    permission: Permission | None = None
    charts: tuple[Chart, ...] = ()
    nothing: StrOrPromise = NOTHING
    version: int = 1

    @property
    def header(self) -> list[str]:
        """The names of the columns as they are in the file."""
        return [column.name for column in self.columns]

    def stream(self, scope: Scope) -> Generator[tuple[Any, ...]]:
        """All rows in order, a few thousand at a time: only the report's own columns."""
        with self._settled(), connection.chunked_cursor() as cursor:
            cursor.execute(self._ordered(f"report.{name}" for name in self.header), scope.values())
            while rows := cursor.fetchmany(CHUNK):
                yield from rows

    def copied(self, scope: Scope) -> Generator[bytes]:
        """The rows of `stream` as COPY writes them (`ledger.reports.copy_format`), in blocks of whole lines."""
        query = self._ordered(_written(column) for column in self.columns)
        copy = f"COPY ({query}) TO STDOUT (FORMAT text, NULL '', ENCODING 'UTF8')"
        with (
            self._settled(),
            connection.wrap_database_errors,  # Django's cursor does not translate errors of COPY
            connection.cursor() as cursor,
            cursor.copy(cursor.mogrify(copy, scope.values())) as rows,
        ):
            lines: list[bytes] = []
            size = 0
            for row in rows:
                lines.append(row)
                size += len(row)
                if size > BLOCK:
                    yield b"".join(lines)
                    lines.clear()
                    size = 0
            yield b"".join(lines)

    def slice(
        self, scope: Scope, *, limit: int, after: Sequence[Any] = (), before: Sequence[Any] = ()
    ) -> list[Values]:
        """Up to `limit` rows after a key, or before it, in the order of the report."""
        key = dict(zip(self.key, after or before, strict=bool(after or before)))
        beyond = ""
        if key:
            names = ", ".join(self._sorted(name) for name in key)
            given = ", ".join(f"%(key_{name})s" for name in key)
            beyond = f"WHERE ({names}) {'>' if after else '<'} ({given})"
        values = scope.values() | {"limit": limit} | {f"key_{name}": value for name, value in key.items()}
        sql = (
            f"SELECT report.* FROM ({self.select}) report {beyond} "
            f"ORDER BY {self._order(falling=bool(before))} LIMIT %(limit)s"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            names_found = [column.name for column in cursor.description or ()]
            rows = [dict(zip(names_found, row, strict=True)) for row in cursor.fetchall()]
        return rows[::-1] if before else rows

    @property
    def prints_unit(self) -> bool:
        """Whether the unit has a column of its own."""
        return "unit" in self.header

    @property
    def figures(self) -> tuple[str, ...]:
        """The columns that are added up."""
        return self.quantities + self.amounts

    def totals(self, scope: Scope) -> list[Total]:
        """All rows, added up per unit, in byte order of the unit."""
        return self.summed(scope)[0]

    def summed(self, scope: Scope) -> tuple[list[Total], list[Charted]]:
        """The totals and the charts in one pass over the rows: they agree, and a chart costs almost nothing."""
        groups = ("unit", *(chart.by for chart in self.charts))
        names = ", ".join(groups)
        sums = ", ".join(f"sum({name})" for name in self.figures)
        sets = ", ".join(f"({name})" for name in groups)
        sql = (
            f"SELECT {names}, {', '.join(f'grouping({name})' for name in groups)}, count(*), {sums} "
            f"FROM ({self.select}) report GROUP BY GROUPING SETS ({sets})"
        )
        found: dict[str, list[tuple[str, int, dict[str, Decimal]]]] = {name: [] for name in groups}
        with connection.cursor() as cursor:
            cursor.execute(sql, scope.values())
            for row in cursor.fetchall():
                # Each row belongs to one group: the one that was not summed over.
                meant = row[len(groups) : 2 * len(groups)].index(0)
                figures = dict(zip(self.figures, row[2 * len(groups) + 1 :], strict=True))
                found[groups[meant]].append((row[meant], row[2 * len(groups)], figures))
        totals = [Total(*row) for row in sorted(found["unit"], key=lambda row: row[0].encode())]
        return totals, [Charted(chart, _ranked(found[chart.by], chart.amount)) for chart in self.charts]

    def cross_check(self, scope: Scope) -> dict[str, dict[str, Decimal]]:
        """The same sums per unit, computed the other way; units with only zeros are left out."""
        with connection.cursor() as cursor:
            cursor.execute(self.cross_checked, scope.values())
            found = {
                unit: {name: figure or Decimal(0) for name, figure in zip(self.figures, sums, strict=True)}
                for unit, *sums in cursor.fetchall()
            }
        return {unit: figures for unit, figures in found.items() if any(figures.values())}

    @contextmanager
    def _settled(self) -> Iterator[None]:
        """A transaction in which settings of the server or the session cannot change the output."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(SETTLE, [list(SETTINGS), list(SETTINGS.values())])
            yield

    def _ordered(self, columns: Iterable[str]) -> str:
        return f"SELECT {', '.join(columns)} FROM ({self.select}) report ORDER BY {self._order()}"

    def _order(self, *, falling: bool = False) -> str:
        return ", ".join(self._sorted(name) + (" DESC" if falling else "") for name in self.key)

    def _sorted(self, name: str) -> str:
        """Sort by bytes, not by the database's collation, which differs between machines and versions."""
        column = next(column for column in self.columns if column.name == name)
        return f'report.{name} COLLATE "C"' if column.kind in TEXTS else f"report.{name}"


def _written(column: Column) -> str:
    """A column as text: by the database's own output, but moments as `asora.kernel.csv.writing` writes them."""
    name = f"report.{column.name}"
    return MOMENT.format(name=name) if column.kind == "moment" else name


def _ranked(rows: Sequence[tuple[str, int, Mapping[str, Decimal]]], amount: str) -> list[tuple[str, Decimal]]:
    figures = [(code, sums[amount]) for code, _rows, sums in rows]
    return sorted(figures, key=lambda figure: (-abs(figure[1]), figure[0].encode()))


def is_figure(column: Column) -> bool:
    """Whether a column is a quantity or an amount, and so has entries behind it."""
    return column.kind in {"quantity", "money"}


def column(name: str, label: StrOrPromise, kind: str = "text") -> Column:
    """A column that prints the value of its name; quantities with the decimals of the row's item."""
    decimals = (lambda row: int(row["decimals"])) if kind == "quantity" else None
    badges = "ledger.posting_kind" if kind == "kind" else ""
    return Column(name, label, lambda row: row[name], kind=kind, decimals=decimals, badges=badges)


def ordinal(name: str, label: StrOrPromise) -> Column:
    """A column of whole numbers that identify something and are not amounts."""
    return Column(name, label, lambda row: row[name], kind="ordinal", decimals=lambda row: 0)
