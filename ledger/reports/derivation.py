"""Derives a file and its two hashes from a scope. The same scope always gives the same file and hashes.

`rows_sha256` must never change: it covers the values, each as text followed by a NUL (which no PostgreSQL text
contains), first the names of the columns, then row by row; so it does not depend on the file format. `file_sha256`
covers the bytes of the file, for one renderer version.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from asora.kernel import progress
from asora.kernel.csv.writing import cell, csv_bytes
from ledger.reports import workbooks
from ledger.reports.copy_format import CsvBlocks, canonical_block
from ledger.reports.definition import Report
from ledger.reports.scope import Scope


@dataclass(frozen=True, slots=True)
class Derived:
    """The result of a derivation."""

    rows: int
    rows_sha256: str
    file_sha256: str


class TooLong(Exception):
    """Raised if there are more rows than can be derived within a request."""


@dataclass(slots=True)
class _Count:
    """The rows so far: reports the progress towards `total`, and stops beyond `most`."""

    most: int | None
    total: int
    rows: int = 0

    def add(self, rows: int) -> None:
        """Count more rows."""
        before, self.rows = self.rows, self.rows + rows
        if self.most is not None and self.rows > self.most:
            raise TooLong()
        if before // progress.EVERY != self.rows // progress.EVERY:
            progress.at("deriving", self.rows, self.total)


@dataclass(slots=True)
class _Reading:
    """Passes rows on, counts them, and digests their canonical form on the way."""

    rows: Iterator[Sequence[Any]]
    digest: Any
    count: _Count

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for row in self.rows:
            self.count.add(1)
            self.digest.update(canonical(row))
            yield row


def canonical(row: Sequence[Any]) -> bytes:
    """One row as it is digested: each value as text, without guards for spreadsheets, followed by a NUL."""
    texts = [value if isinstance(value, str) else cell(value) for value in row]
    return ("\0".join(texts) + "\0").encode()


def derive(
    report: Report,
    scope: Scope,
    *,
    extension: str = "csv",
    into: IO[bytes] | None = None,
    most: int | None = None,
    total: int = 0,
) -> Derived:
    """Derive the file of a report, a few hundred or thousand rows at a time, and write it to `into` if that is given.

    `total`: how many rows are expected, for the progress. Raises TooLong beyond `most` rows.
    Refusals: VALIDATION_FAILED TOO_LARGE for a workbook that cannot hold it.
    """
    digest = hashlib.sha256(canonical(report.header))
    count = _Count(most, total)
    write = _write_workbook if extension == "xlsx" else _write_csv
    file_sha256 = write(report, scope, digest, count, into)
    return Derived(rows=count.rows, rows_sha256=digest.hexdigest(), file_sha256=file_sha256)


def _write_workbook(report: Report, scope: Scope, digest: Any, count: _Count, into: IO[bytes] | None) -> str:
    with contextlib.ExitStack() as opened:
        # Closed even if the file cannot be written: the rows hold a transaction open.
        rows = opened.enter_context(contextlib.closing(report.stream(scope)))
        book = into if into is not None else opened.enter_context(tempfile.TemporaryFile())
        return workbooks.write(report.slug, report.header, _Reading(rows, digest, count), into=book)


def _write_csv(report: Report, scope: Scope, digest: Any, count: _Count, into: IO[bytes] | None) -> str:
    file = hashlib.sha256()

    def keep(piece: bytes) -> None:
        file.update(piece)
        if into is not None:
            into.write(piece)

    keep(b"".join(csv_bytes(report.header, [])))
    lines = CsvBlocks(report.columns)
    with contextlib.closing(report.copied(scope)) as blocks:
        for block in blocks:
            count.add(block.count(b"\n"))
            digest.update(canonical_block(block))
            for piece in lines.read(block):
                keep(piece)
    return file.hexdigest()


def parameters_sha256(report: Report, scope: Scope) -> str:
    """The digest that, together with the position, decides whether two exports are the same."""
    asked = {"report": report.slug, **scope.parameters()}
    return hashlib.sha256(json.dumps(asked, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def file_name(report: Report, scope: Scope, *, tenant: str, extension: str) -> str:
    """`<tenant>_<report>_p<position>_<hash>.<extension>`, with 8 digits of the parameters' hash."""
    return f"{tenant}_{report.slug}_p{scope.position}_{parameters_sha256(report, scope)[:8]}.{extension}"
