"""Rows for a proof: by number, with what is missing, and in the format in which they were sealed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db.models import Max, Min, Sum

from audit.seals.canonical import STREAMS
from audit.seals.models import Kind, Seal, SealStream


@dataclass(frozen=True, slots=True)
class ProofRow:
    """One row of a proof: its place in the tree, its bytes (None: it is gone), and the parts that are shown."""

    index: int
    row: bytes | None
    shown: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is sealed of a stream in the bound schema.

    `genesis`: how many rows without a number come first. `last`: the last sealed number. `formats`: the format of the
    rows from a number to another one: (format, first, last).
    """

    stream: str
    origin: str
    genesis: int
    genesis_format: int
    last: int
    formats: tuple[tuple[int, int, int], ...]

    def index(self, number: int) -> int:
        """The place of a numbered row in the tree."""
        return self.genesis + number - 1

    def parts(self, first: int, last: int) -> Iterator[tuple[int, int, int]]:
        """The ranges of numbers with one format from `first` to `last`, as far as they are sealed."""
        for row_format, start, end in self.formats:
            if start <= last and end >= first:
                yield row_format, max(first, start), min(last, end)


def sealed(stream: str) -> Sealed | None:
    """What is sealed of a stream; None if nothing is."""
    origin = SealStream.objects.filter(name=stream).values_list("origin", flat=True).first()
    seals = Seal.objects.filter(stream_id=stream)
    if origin is None or not seals.exists():
        return None
    genesis = seals.filter(kind=Kind.GENESIS)
    spans = seals.filter(kind=Kind.BATCH).values_list("row_format").annotate(Min("first"), Max("last"))
    formats = tuple(sorted(spans, key=lambda span: span[1]))
    return Sealed(
        stream=stream,
        origin=origin,
        genesis=genesis.aggregate(count=Sum("count"))["count"] or 0,
        genesis_format=genesis.values_list("row_format", flat=True).first() or 0,
        last=max((last for _format, _first, last in formats), default=0),
        formats=formats,
    )


def salt_of(stream: str) -> bytes:
    """The salt of a stream, for rows with parts. Never shown."""
    return bytes(SealStream.objects.values_list("salt", flat=True).get(name=stream))


def numbered_rows(found: Sealed, first: int, last: int, *, salt: bytes = b"") -> Iterator[ProofRow]:
    """The sealed rows with the numbers `first` to `last`; a row that is gone is in its place, without bytes."""
    stream, number = STREAMS[found.stream], max(first, 1)
    for row_format, start, end in found.parts(first, last):
        for place, row in stream.rows(start, end, row_format=row_format, salt=salt):
            yield from _gone(found, number, place)
            yield ProofRow(found.index(place), row)
            number = place + 1
    yield from _gone(found, number, min(last, found.last) + 1)


def genesis_rows(found: Sealed, *, salt: bytes = b"") -> Iterator[ProofRow]:
    """The rows without a number, which come first; not more than were sealed."""
    if not found.genesis:
        return
    rows = STREAMS[found.stream].genesis(row_format=found.genesis_format, salt=salt)
    place = 0
    for place, (_name, row) in enumerate(islice(rows, found.genesis), start=1):
        yield ProofRow(place - 1, row)
    for index in range(place, found.genesis):
        yield ProofRow(index, None)


def _gone(found: Sealed, first: int, end: int) -> Iterator[ProofRow]:
    for number in range(first, end):
        yield ProofRow(found.index(number), None)
