"""Writes a proof file: a zip with seals, rows and the program that checks them. README.txt describes the layout."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.db.models import Q

from asora.kernel import binding
from audit.seals import keys, nodes
from audit.seals.canonical import moment
from audit.seals.keys import NoSealingKey, VerifierKey
from audit.seals.merkle import Reader, node_number
from audit.seals.models import Kind, Seal
from audit.seals.proof.rows import ProofRow, Sealed
from audit.seals.verify import subtrees

LAYOUT = 1
VERIFIER = Path(__file__).resolve().parent.parent / "verify.py"
EXPLANATION = Path(__file__).resolve().parent / "README.txt"
#: Up to so many seals are all included; of more, the newest ones, and those without which no key can be followed.
MAX_SEALS, NEWEST_SEALS = 1_000, 200
NODES_PER_READ = 500
DATE = (2000, 1, 1, 0, 0, 0)  # of all entries of the zip


@dataclass(frozen=True, slots=True)
class Proof:
    """What a proof is about. `kind`: trail, event, export or pack. `attached`: more files by name.

    `members`: more members of the manifest. `rows`: in the order of their places. `explanation`: its README.txt.
    """

    kind: str
    sealed: Sealed
    rows: Iterable[ProofRow]
    attached: Mapping[str, IO[bytes]]
    members: Mapping[str, Any]
    explanation: Path = EXPLANATION


def write(proof: Proof, *, into: IO[bytes], made_at: datetime) -> int:
    """Write the zip. Returns how many rows it shows."""
    seals, are_all = _seals(proof.sealed.stream)
    count = 0
    files: dict[str, Any] = {}
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as book:
        for name, source in (("README.txt", proof.explanation), ("verify.py", VERIFIER)):
            with source.open("rb") as file, _entry(book, name, files) as entry:
                shutil.copyfileobj(file, entry)
        for name, attached in proof.attached.items():
            attached.seek(0)
            with _entry(book, name, files) as entry:
                shutil.copyfileobj(attached, entry)
        with _entry(book, "seals.jsonl", files) as entry:
            for seal in seals:
                entry.write(_line({"note": seal.note}))
        with _entry(book, "rows.jsonl", files) as entry:
            for line in _lines(proof, [seal.size for seal in seals]):
                count += "index" in line
                entry.write(_line(line))
        manifest = {
            "proof": LAYOUT,
            "kind": proof.kind,
            "origin": proof.sealed.origin,
            "key": _first_key(seals, proof.sealed.origin),
            "seals": "all" if are_all else "some",
            "last_seal": seals[-1].number,
            "made_at": moment(made_at.astimezone(UTC)),
            "rows": count,
            "files": files,
        }
        text = json.dumps(manifest | dict(proof.members), ensure_ascii=False, indent=2)
        with _entry(book, "manifest.json", {}) as entry:
            entry.write(text.encode() + b"\n")
    return count


def _seals(stream: str) -> tuple[Sequence[Seal], bool]:
    """The seals of a proof, oldest first, and whether these are all seals of the stream."""
    found = Seal.objects.filter(stream_id=stream).order_by("number")
    if found.count() <= MAX_SEALS:
        return list(found), True
    newest = found.order_by("-number")[NEWEST_SEALS - 1].number
    special = Q(kind__in=[Kind.GENESIS, Kind.ROTATION, Kind.RESTORED]) | Q(number=1)
    return list(found.filter(special | Q(number__gte=newest))), False


def _first_key(seals: Sequence[Seal], origin: str) -> str:
    """The key of the first seal. Not taken from the database, unless an earlier seed that is no longer here made it."""
    first = VerifierKey.parse(seals[0].vkey)
    if keys.key_of(first, schema=binding.schema_name()) is not None:
        return str(first)
    if any(seal.kind == Kind.ROTATION for seal in seals):
        return str(first)
    try:
        return str(keys.current_key(schema=binding.schema_name(), origin=origin).verifier)
    except NoSealingKey:
        return str(first)


@dataclass(slots=True)
class _Piece:
    """A row, or leaves that are not shown, and the numbers of the nodes that it needs."""

    first: int
    end: int
    row: ProofRow | None
    numbers: list[int]

    def line(self, hashes: Mapping[int, bytes]) -> dict[str, Any]:
        """The line in the file. A node that is no longer stored is null."""
        found = [hashes[number].hex() if number in hashes else None for number in self.numbers]
        if self.row is None:
            return {"from": self.first, "to": self.end, "nodes": found}
        text = None if self.row.row is None else self.row.row.decode()
        line = {"index": self.row.index, "leaf": found[0], "row": text}
        return line | ({"shown": self.row.shown} if self.row.shown else {})


def _lines(proof: Proof, sizes: Sequence[int]) -> Iterator[dict[str, Any]]:
    """The lines of rows.jsonl."""
    read = nodes.reader(proof.sealed.stream)
    pending: list[_Piece] = []
    count = 0
    for piece in _pieces(proof.rows, sizes):
        pending.append(piece)
        count += len(piece.numbers)
        if count >= NODES_PER_READ:
            yield from _read(pending, read)
            pending, count = [], 0
    yield from _read(pending, read)


def _read(pieces: Sequence[_Piece], read: Reader) -> Iterator[dict[str, Any]]:
    numbers = [number for piece in pieces for number in piece.numbers]
    hashes = read(numbers) if numbers else {}
    for piece in pieces:
        yield piece.line(hashes)


def _pieces(rows: Iterable[ProofRow], sizes: Sequence[int]) -> Iterator[_Piece]:
    """Rows, and the leaves between them up to the last seal, divided at the size of each seal."""
    place = 0
    for row in rows:
        if row.index >= sizes[-1]:
            break
        yield from _hidden(place, row.index, sizes)
        yield _Piece(row.index, row.index + 1, row, [node_number(0, row.index)])
        place = max(place, row.index + 1)
    yield from _hidden(place, sizes[-1], sizes)


def _hidden(first: int, end: int, sizes: Sequence[int]) -> Iterator[_Piece]:
    borders = [size for size in dict.fromkeys(sizes) if first < size < end]
    for stop in [*borders, end]:
        if first < stop:
            yield _Piece(first, stop, None, _numbers(first, stop))
        first = stop


def _numbers(first: int, end: int) -> list[int]:
    """The numbers of the nodes over the leaves from `first` to `end - 1`."""
    numbers = []
    for level in subtrees(first, end):
        numbers.append(node_number(level, first >> level))
        first += 1 << level
    return numbers


class _Counted:
    """Counts and digests what is written."""

    def __init__(self, into: IO[bytes]) -> None:
        self._into = into
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, piece: bytes) -> int:
        """Write a piece."""
        self._digest.update(piece)
        self._size += len(piece)
        return self._into.write(piece)

    def described(self) -> dict[str, Any]:
        """Length and hash."""
        return {"bytes": self._size, "sha256": self._digest.hexdigest()}


@contextmanager
def _entry(book: zipfile.ZipFile, name: str, files: dict[str, Any]) -> Iterator[_Counted]:
    """A file in the zip; its description is added to `files`."""
    place = zipfile.ZipInfo(name, DATE)
    place.compress_type = zipfile.ZIP_DEFLATED
    place.external_attr = 0o644 << 16
    with book.open(place, "w", force_zip64=True) as entry:
        counted = _Counted(entry)
        yield counted
    files[name] = counted.described()


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
