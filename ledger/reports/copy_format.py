"""Rows as PostgreSQL's COPY writes them, turned into the digested form and into CSV, a block at a time.

COPY ends every cell with a tab or a newline, and escapes tabs, newlines and backslashes within a text with a backslash.
So a block without backslashes can be converted without reading its cells; so can its CSV if no text must be quoted or
guarded. All other lines are read one by one. In both cases the bytes equal those that `canonical` and `csv_bytes` write
for the same rows, which a test checks. A report has at least two columns: a single empty cell would be quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from asora.kernel.csv.writing import DANGEROUS, Lines, guard
from asora.kernel.listing import Column
from ledger.reports.definition import TEXTS

CELL_ENDS = bytes.maketrans(b"\t\n", b"\0\0")
ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
CONTROLS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_FIRST = re.escape("".join(DANGEROUS).encode())
PLAIN_TEXT = rb'(?:[^%b,"\\\t\n][^,"\\\t\n]*)?' % _FIRST
PLAIN_FIGURE = rb"[-0-9.:TZ]*"


def canonical_block(block: bytes) -> bytes:
    """The rows of a block as `ledger.reports.derivation.canonical` writes them: each cell ends in a NUL."""
    return _unescaped(block.translate(CELL_ENDS))


class CsvBlocks:
    """Converts blocks of COPY to the lines of a CSV file."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._are_texts = [column.kind in TEXTS for column in columns]
        cells = [PLAIN_TEXT if is_text else PLAIN_FIGURE for is_text in self._are_texts]
        self._plain = re.compile(rb"(?:" + rb"\t".join(cells) + rb"\n)*")
        self._lines = Lines()

    def read(self, block: bytes) -> Iterator[bytes]:
        """The lines of a block, in pieces."""
        start = 0
        while start < len(block):
            plain = self._plain.match(block, start)
            end = plain.end() if plain else start
            if end > start:
                yield block[start:end].replace(b"\t", b",")
            else:
                end = block.index(b"\n", start) + 1
                yield self._guarded(block[start : end - 1])
            start = end

    def _guarded(self, line: bytes) -> bytes:
        texts = [_unescaped(text).decode() for text in line.split(b"\t")]
        cells = zip(texts, self._are_texts, strict=True)
        self._lines.write([guard(text) if is_text else text for text, is_text in cells])
        return self._lines.drain()


def _unescaped(text: bytes) -> bytes:
    if b"\\" not in text:
        return text
    return ESCAPED.sub(lambda found: CONTROLS.get(found[1], found[1]), text)
