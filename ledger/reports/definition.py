"""What a report is: columns, an order, one SELECT, and a second one that reaches its totals the other way round.

Everything that a report prints is true for ever at its position: codes, SKUs and units never change, names and
categories are read as they were then. So the same scope gives the same rows, on any day, in any process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from asora.kernel.listing import Column

CHUNK = 2000
# PostgreSQL's default of 4 MB is full at 40,000 rows; the sort then goes through files, at a third of the speed.
SORTED_IN_MEMORY = "32MB"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about. Hubs are named one by one, the permitted ones; no categories or items: all of them."""

    position: int
    hubs: tuple[str, ...]
    categories: tuple[str, ...] = ()
    items: tuple[str, ...] = ()

    def parameters(self) -> dict[str, list[str]]:
        """The scope without its position, as an export keeps it: explicit codes, in byte order."""
        return {
            "hubs": sorted(self.hubs),
            "categories": sorted(self.categories),
            "items": sorted(self.items),
        }

    @classmethod
    def of(cls, parameters: Mapping[str, Sequence[str]], *, position: int) -> Scope:
        """The scope that an export keeps."""
        return cls(position=position, **{name: tuple(codes) for name, codes in parameters.items()})

    def values(self) -> dict[str, Any]:
        """The named values that a report's SELECT may use."""
        return {
            "position": self.position,
            "hubs": list(self.hubs),
            "categories": list(self.categories),
            "items": list(self.items),
        }


@dataclass(frozen=True, slots=True)
class Total:
    """One line under a report: all rows of one unit."""

    unit: str
    rows: int
    quantity: Any


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `select` names its columns, in their order, and may name more, which only pages use.

    `key`: the columns that order and identify a row. `reckoned`: (unit, quantity) of the same scope, from the entries
    alone. `version` goes into every export: a renderer that prints the same rows in another way gets the next number.
    """

    slug: str
    title: Any
    lede: Any
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    select: str
    reckoned: str
    entries_of: Callable[[Mapping[str, Any], int], str]
    version: int = 1

    @property
    def header(self) -> list[str]:
        """The names of the columns, as they stand in the file."""
        return [column.name for column in self.columns]

    def stream(self, scope: Scope) -> Iterator[tuple[Any, ...]]:
        """All rows in order, a few thousand at a time: only the report's own columns."""
        names = ", ".join(f"report.{name}" for name in self.header)
        sql = f"SELECT {names} FROM ({self.select}) report ORDER BY {self._order()}"  # noqa: S608 (our own texts)
        with transaction.atomic(), connection.chunked_cursor() as cursor:
            with connection.cursor() as settings:
                settings.execute("SELECT set_config('work_mem', %s, true)", [SORTED_IN_MEMORY])
            cursor.execute(sql, scope.values())
            while rows := cursor.fetchmany(CHUNK):
                yield from rows

    def slice(
        self, scope: Scope, *, limit: int, after: Sequence[Any] = (), before: Sequence[Any] = ()
    ) -> list[dict[str, Any]]:
        """Up to `limit` rows from a key on, or up to it, in the order of the report."""
        key = dict(zip(self.key, after or before, strict=bool(after or before)))
        beyond = ""
        if key:
            names = ", ".join(self._sorted(name) for name in key)
            given = ", ".join(f"%(key_{name})s" for name in key)
            beyond = f"WHERE ({names}) {'>' if after else '<'} ({given})"
        values = scope.values() | {"limit": limit} | {f"key_{name}": value for name, value in key.items()}
        sql = (
            f"SELECT report.* FROM ({self.select}) report {beyond} "  # noqa: S608 (our own texts)
            f"ORDER BY {self._order(falling=bool(before))} LIMIT %(limit)s"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            names_found = [column.name for column in cursor.description or ()]
            rows = [dict(zip(names_found, row, strict=True)) for row in cursor.fetchall()]
        return rows[::-1] if before else rows

    def totals(self, scope: Scope) -> list[Total]:
        """All rows, added up per unit, in byte order of the unit."""
        sql = f"SELECT unit, count(*), sum(quantity) FROM ({self.select}) report GROUP BY unit"  # noqa: S608 (our own)
        with connection.cursor() as cursor:
            cursor.execute(f'{sql} ORDER BY unit COLLATE "C"', scope.values())
            return [Total(*row) for row in cursor.fetchall()]

    def reckon(self, scope: Scope) -> dict[str, Any]:
        """The same totals the other way round: every entry up to the position, added up; zeros left out."""
        with connection.cursor() as cursor:
            cursor.execute(self.reckoned, scope.values())
            return {unit: quantity for unit, quantity in cursor.fetchall() if quantity}

    def _order(self, *, falling: bool = False) -> str:
        return ", ".join(self._sorted(name) + (" DESC" if falling else "") for name in self.key)

    def _sorted(self, name: str) -> str:
        """By bytes, not by the rules of the database's language, which differ between machines and years."""
        column = next(column for column in self.columns if column.name == name)
        return f'report.{name} COLLATE "C"' if column.kind in {"text", "code"} else f"report.{name}"
