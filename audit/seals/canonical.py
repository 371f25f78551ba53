"""Canonical rows: the bytes that are hashed into the leaves of a tree, written by numbered formats that never change.

A row is a JSON object in UTF-8 with sorted keys and no spaces. Decimals are texts, moments are UTC with microseconds.
Its member `format` is the number of the format: an explicit list of columns. A new column is added to a new format,
which applies to rows that are sealed from then on; rows that are already sealed keep theirs.

A row can contain the hash of a part instead of the part. A reader who may not see a part gets its hash, and the
leaf comes out the same. A part is hashed with a salt of its own, so that nobody can find a small number by trying all.

There is one stream of rows for the trail (`audit`) and one for the ledger, which `ledger.proof.leaves` registers.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from asora.kernel.text import StrOrPromise


class Rows(Protocol):
    """Reads the rows from `first` to `last` in the bound schema, in ascending order; what is missing is left out."""

    def __call__(
        self, first: int, last: int, *, row_format: int, salt: bytes
    ) -> Iterator[tuple[int, bytes]]: ...


class Genesis(Protocol):
    """Reads the rows that have no number, in the order in which the first seal takes them: (their name, the row)."""

    def __call__(self, *, row_format: int, salt: bytes) -> Iterator[tuple[str, bytes]]: ...


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of rows, which grows without gaps.

    `row_format`: that of rows that are sealed now. `head`: the number of the last committed row in the bound schema.
    `salt`: 32 secret bytes of the stream in this schema, for rows with parts that are disclosed one by one.
    """

    name: str
    label: StrOrPromise
    row_format: int
    in_public: bool
    head: Callable[[], int]
    rows: Rows
    genesis: Genesis


PART_SALT = 16  # bytes
STREAMS: dict[str, Stream] = {}


def register(stream: Stream) -> None:
    """Add a stream; seals are made for every stream that is registered."""
    if stream.name in STREAMS:
        raise RuntimeError(f"two streams are called {stream.name}")
    STREAMS[stream.name] = stream


def to_bytes(row: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a row."""
    return _ENCODER.encode(row).encode()


def from_json(text: str) -> Any:
    """A stored JSON value, ready for `to_bytes`: its fractions are the texts of their digits, so nothing is rounded."""
    value, _end = _DECODER.raw_decode(text)
    return value


def moment(value: datetime) -> str:
    """A moment as rows contain it: `2026-11-28T18:05:09.000250Z`."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def record(row_format: int, columns: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    """The members of a row: its format and its columns."""
    row = dict(zip(columns, values, strict=True))
    row["format"] = row_format
    return row


def part_salt(salt: bytes, name: str) -> bytes:
    """The salt of one part, 16 bytes: derived from that of the stream, which is never shown."""
    return hmac.digest(salt, name.encode(), "sha256")[:PART_SALT]


def part_hash(salt: bytes, part: bytes) -> bytes:
    """The hash of a part, from its own salt and its canonical bytes."""
    return hashlib.sha256(b"\2" + salt + part).digest()


def joined_hash(hashes: Sequence[bytes]) -> bytes:
    """One hash for several parts."""
    return hashlib.sha256(b"\3" + b"".join(hashes)).digest()


def _text(value: object) -> str:
    match value:
        case datetime():
            return moment(value)
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case UUID():
            return str(value)
    raise TypeError(f"canonical rows contain no {type(value).__name__}")


# Made once: making them takes as long as a small row.
_ENCODER = json.JSONEncoder(
    ensure_ascii=False,
    separators=(",", ":"),
    sort_keys=True,
    default=_text,
    allow_nan=False,
    check_circular=False,
)
_DECODER = json.JSONDecoder(parse_float=str)
