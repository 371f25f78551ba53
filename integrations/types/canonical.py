"""Writes `data` as canonical JSON: keys sorted, no spaces, UTF-8, decimal numbers as text, without secrets.

For each dataclass a writer is made once from the types of its fields. A file of documents can have a hundred thousand
lines, and everybody who posts waits while they are written.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from json.encoder import encode_basestring
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

from audit.events.redaction import redact
from integrations.types.definition import Data, hints, inner, sent

Writer = Callable[[Any], str]


class Money(Enum):
    """What happens to fields that are money."""

    SENT = "sent"
    LEFT_OUT = "left out"


#: How many texts are remembered as they are written: codes, names and units recur in every line of a document.
MAX_TEXTS = 16_384


def canonical(value: Any) -> str:
    """The canonical JSON text of a value that is ready for JSON."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def with_values(data: Data) -> str:
    """The text of `data`, with money."""
    kind: type = type(data)
    return _object_writer(kind, Money.SENT)(data)


def without_values(data: Data) -> str:
    """The text of `data`, without money."""
    kind: type = type(data)
    return _object_writer(kind, Money.LEFT_OUT)(data)


def moment(at: datetime) -> str:
    """A moment in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@lru_cache(maxsize=MAX_TEXTS)
def text(value: str) -> str:
    """A text in quotes, without secrets, NUL and lone surrogates, which neither UTF-8 nor PostgreSQL has."""
    redacted, _removed = redact(value.replace("\x00", "").encode(errors="replace").decode())
    return encode_basestring(redacted)


@cache
def _object_writer(data: type, money: Money) -> Writer:
    """Writes an object of a dataclass."""
    known = [each for each in sent(data) if money is Money.SENT or not each.metadata["is_value"]]
    names = sorted(each.name for each in known)
    members = [(f'"{name}":', name, _writer(hints(data)[name], money)) for name in names]

    def write(value: Any) -> str:
        return "{" + ",".join([key + write_(getattr(value, name)) for key, name, write_ in members]) + "}"

    return write


SIMPLE: dict[Any, Writer] = {
    str: text,
    bool: lambda value: "true" if value else "false",
    int: str,
    Decimal: lambda value: f'"{value:f}"',
    date: lambda value: f'"{value.isoformat()}"',
    datetime: lambda value: f'"{moment(value)}"',
    UUID: lambda value: f'"{value}"',
}


def _writer(kind: Any, money: Money) -> Writer:
    """Writes a field of this type."""
    if kind in SIMPLE:
        return SIMPLE[kind]
    if get_origin(kind) is Literal:
        return text
    if get_origin(kind) is tuple:
        return _list_writer(_writer(get_args(kind)[0], money))
    if get_origin(kind) in (Union, UnionType):
        (some,) = (each for each in get_args(kind) if each is not NoneType)
        return _nullable_writer(_writer(some, money))
    if (nested := inner(kind)) is not None:
        return _object_writer(nested, money)
    raise TypeError(f"{kind!r} cannot be written")


def _list_writer(write: Writer) -> Writer:
    return lambda values: "[" + ",".join([write(value) for value in values]) + "]"


def _nullable_writer(write: Writer) -> Writer:
    return lambda value: "null" if value is None else write(value)
