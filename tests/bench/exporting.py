"""Exports: a million rows as CSV, both hashes included, against PostgreSQL's own COPY of the same rows; and memory.

COPY alone sends the rows as CSV to a client that discards them, without guards, digests or storage. Memory is measured
in a fresh process that has derived a short export before, so that one-time loading does not count; only Linux reports
it.
"""

from __future__ import annotations

import csv
import io
import itertools
import multiprocessing
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any

from django.db import connection
from django_tenants.utils import tenant_context

from asora.kernel.csv.writing import unguard
from ledger.reports import REPORTS
from ledger.reports.definition import Report, _written
from ledger.reports.derivation import derive
from ledger.reports.scope import Scope
from tests.bench import by_hand, large
from tests.bench.harness import Result, Size, side_by_side
from tests.bench.large import HUBS, LINES, Ledger

SLUGS = ("ledger-history", "receiving-summary")
GOAL, MAX_MEMORY = 0.3, 50
MEGABYTE = 1 << 20
HUB_CODES = tuple(f"HUB-{number}" for number in range(HUBS))


@dataclass(frozen=True, slots=True)
class Grown(Result):
    """A line of megabytes; `ratio` is the share of the allowed memory."""

    def cells(self) -> tuple[str, ...]:
        """The line as the table shows it."""
        grown = f"{self.figures['grown'] / MEGABYTE:.0f} MB"
        return self.work, grown, f"≤ {MAX_MEMORY} MB", "ok" if self.is_met else "missed", self.detail


def measure(size: Size) -> Iterator[Result]:
    """For each report, a line about speed and one about memory."""
    with large.ledgers(size) as both, tenant_context(both.large.tenant):
        for slug in SLUGS:
            scope = _latest(both.large, rows=min(size.exported, both.large.entries), slug=slug)
            yield _speed(REPORTS[slug], scope, both.large, size)
            yield _memory(slug, scope, both.large)


def _latest(ledger: Ledger, *, rows: int, slug: str) -> Scope:
    """The scope of the latest rows, about that many: half of all postings are receipts."""
    postings = rows // LINES * (1 if slug == "ledger-history" else 2)
    return Scope(position=ledger.last, hubs=HUB_CODES, after=max(ledger.last - postings, 0))


def _speed(report: Report, scope: Scope, ledger: Ledger, size: Size) -> Result:
    plain = by_hand.connect(ledger.tenant.schema_name)
    with connection.cursor() as cursor:
        statement = cursor.mogrify(_copy(report), scope.values())
    try:
        rows, wrong = _compared(report, scope, plain, statement)
        times = side_by_side(
            asora=lambda _turn: lambda: derive(report, scope),
            by_hand=lambda _turn: lambda: _read(plain, statement),
            turns=size.reading_turns,
            warm_up=1,
        )
    finally:
        plain.close()
    asora, hand = (rows / seconds for seconds in times.medians)
    return Result(
        work=f"export of {rows:,} rows as CSV, {report.slug}: throughput to COPY … TO STDOUT",
        ratio=1 / times.ratio,
        goal=GOAL,
        is_at_most=False,
        detail=f"{asora:,.0f} against {hand:,.0f} rows a second, {len(times.asora)} turns each",
        figures={"asora": list(times.asora), "by_hand": list(times.by_hand), "rows": rows, "wrong": wrong},
    )


def _copy(report: Report) -> str:
    columns = ", ".join(_written(column) for column in report.columns)
    return f"COPY (SELECT {columns} FROM ({report.select}) report ORDER BY {report._order()}) TO STDOUT (FORMAT csv)"


def _read(plain: Any, statement: str, *, into: IO[bytes] | None = None) -> None:
    with plain.transaction(), plain.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '32MB'")
        with cursor.copy(statement) as copy:
            for row in copy:
                if into is not None:
                    into.write(row)


def _compared(report: Report, scope: Scope, plain: Any, statement: str) -> tuple[int, list[str]]:
    """How many rows there are, and whether both files are equal."""
    with tempfile.TemporaryFile() as ours, tempfile.TemporaryFile() as theirs:
        derived = derive(report, scope, into=ours)
        _read(plain, statement, into=theirs)
        pairs = itertools.zip_longest(itertools.islice(_lines(ours), 1, None), _lines(theirs))
        is_same = all(mine and [unguard(text) for text in mine] == hand for mine, hand in pairs)
    return derived.rows, [] if is_same and derived.rows else [f"{report.slug}: the files differ"]


def _lines(file: IO[bytes]) -> Iterator[Sequence[str]]:
    file.seek(0)
    return csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True))


def _memory(slug: str, scope: Scope, ledger: Ledger) -> Result:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    given = there, dict(connection.settings_dict), ledger.tenant.schema_name, slug, scope
    process = context.Process(target=_derive_and_tell, args=given, daemon=True)
    process.start()
    rows, before, after = here.recv()
    process.join(timeout=30)
    grown = after - before
    return Grown(
        work=f"export of {rows:,} rows as CSV, {slug}: memory of a fresh process grows by",
        ratio=grown / (MAX_MEMORY * MEGABYTE),
        goal=1.0,
        is_at_most=True,
        detail=f"from {before / MEGABYTE:.0f} to {after / MEGABYTE:.0f} MB at its highest",
        figures={"grown": grown, "before": before, "after": after, "wrong": []},
    )


def _derive_and_tell(
    pipe: Connection, settings: dict[str, Any], schema: str, slug: str, scope: Scope
) -> None:
    """Runs in a process of its own; importing this module has set up Django."""
    connection.settings_dict.update(settings)
    connection.set_schema(schema)
    with tempfile.TemporaryFile() as file:
        derive(REPORTS[slug], replace(scope, after=scope.position - 10), into=file)
        before = _highest()
        derived = derive(REPORTS[slug], scope, into=file)
    pipe.send((derived.rows, before, _highest()))
    connection.close()


def _highest() -> int:
    """The peak memory of this process, in bytes. getrusage would count its parent's memory before exec."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"^VmHWM:\s*(\d+) kB$", status, re.MULTILINE)[1]) * 1024  # type: ignore[index]
