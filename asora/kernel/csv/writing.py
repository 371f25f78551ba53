"""Deterministic CSV: the same rows give the same bytes, on any machine, in any locale, on any day.

UTF-8, `\\n`, fixed decimals, and a guard against formulas: a text cell that a spreadsheet would run as a formula gets
one apostrophe in front; `unguard` removes exactly that apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "'")


def guard(text: str) -> str:
    """Put one apostrophe before a text that a spreadsheet would run as a formula (or that looks already guarded)."""
    return f"'{text}" if text.startswith(DANGEROUS) else text


def unguard(text: str) -> str:
    """Undo `guard`: `unguard(guard(text)) == text` for every text."""
    return text[1:] if text.startswith("'") and text[1:].startswith(DANGEROUS) else text


def cell(value: object) -> str:
    """One value as the text of its cell: decimals with their own scale, moments in UTC, texts guarded."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case int():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case _:
            return guard(str(value))


class Lines:
    """Collects the lines of a CSV file until `drain` is called."""

    def __init__(self) -> None:
        self._buffer = io.StringIO(newline="")
        self._writer = csv.writer(self._buffer, lineterminator="\n")
        # Python up to 3.12 does not quote a lone carriage return, which readers take for the end of the line.
        self._quoting = csv.writer(self._buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def write(self, texts: Sequence[str]) -> None:
        """Add a line. The cells are texts that are already guarded."""
        (self._quoting if any("\r" in text for text in texts) else self._writer).writerow(texts)

    def drain(self) -> bytes:
        """The bytes written since the last call."""
        piece = self._buffer.getvalue().encode()
        self._buffer.seek(0)
        self._buffer.truncate()
        return piece


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The file in pieces: the header line, then the rows. Columns are written in the order of `header`."""
    lines = Lines()
    lines.write(header)
    for number, row in enumerate(rows, start=1):
        lines.write([cell(value) for value in row])
        if number % 500 == 0:
            yield lines.drain()
    yield lines.drain()
