"""What an event type is, and one occurrence of it.

The fields of `data` are those of a frozen dataclass that have a meaning (`documented`). Its other fields are not sent;
they say at which hubs something is, so that an endpoint gets no more than its maker may see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Self, get_args, get_type_hints

from asora.kernel.permissions import Permission
from asora.kernel.shapes import StrOrPromise
from audit.events.models import Event

Hubs = frozenset[int]


def documented(meaning: StrOrPromise) -> Any:
    """A field of `data`. `meaning`: what it is, in one sentence."""
    return field(metadata={"meaning": meaning, "is_value": False})


def money(meaning: StrOrPromise) -> Any:
    """A field of `data` that is money: only endpoints that were set up to receive values get it."""
    return field(metadata={"meaning": meaning, "is_value": True})


@dataclass(frozen=True, kw_only=True)
class Data:
    """The base class of the `data` of all event types."""

    def hubs(self) -> Hubs:
        """The ids of the hubs that it mentions. Empty: it concerns no hub."""
        return frozenset()

    def at(self, hubs: Hubs) -> Self | None:
        """The same without anything at other hubs; None if nothing of it concerns these hubs."""
        return self if self.hubs() <= hubs else None


@dataclass(frozen=True, slots=True)
class DocumentedField:
    """A field of `data` for a reader: `path` such as `lines[].quantity`, its meaning, and whether it is a value."""

    path: str
    name: str
    type: Any
    meaning: StrOrPromise
    is_value: bool


@dataclass(frozen=True, kw_only=True)
class EventType:
    """One version of one kind of event. A version never changes: another field or meaning is another version.

    `permission`: what somebody needs to see such events; an endpoint gets them only while its maker has it.
    `example`: a plausible `data`, from which the sample is made. `has_position`: whether it is an event of the ledger,
    so that it has a `sequence`. `is_chosen`: False for messages that every endpoint gets unasked.
    """

    name: str
    group: StrOrPromise
    title: StrOrPromise
    meaning: StrOrPromise
    permission: Permission
    subject: str
    example: Data
    is_chosen: bool = True

    @property
    def data(self) -> type[Data]:
        """The dataclass of its `data`."""
        return type(self.example)

    @property
    def fields(self) -> tuple[DocumentedField, ...]:
        """All fields of its `data` and of the objects in it, outer ones first."""
        return tuple(documented_fields(self.data))

    @property
    def values(self) -> tuple[str, ...]:
        """The paths of the fields that are money."""
        return tuple(each.path for each in self.fields if each.is_value)


@dataclass(frozen=True)
class Occurrence:
    """One event of a type, for all endpoints. `id`: stable, the audit event's id and an ordinal.

    `position`: of the ledger, if it has one. `time`: when it was recorded. Without `slots`, because the JSON text of
    its data is cached on it (`integrations.types.cloudevent`).
    """

    type: str
    id: str
    subject: str
    time: datetime
    position: int | None
    data: Data
    request_id: str

    @property
    def hubs(self) -> Hubs:
        """The ids of the hubs that it mentions. Empty: it concerns no hub."""
        return self.data.hubs()

    def at(self, hubs: Hubs | None) -> Occurrence | None:
        """The occurrence without anything at other hubs than these; None: it does not concern them.

        `hubs`: ids; None means all hubs.
        """
        if hubs is None:
            return self
        narrow = self.data.at(hubs)
        if narrow is self.data:
            return self
        return None if narrow is None else replace(self, data=narrow)


@dataclass(frozen=True, kw_only=True)
class Described:
    """What a subject says about an audit event; `describe` makes an occurrence of it.

    `time`: if it is not that of the audit event.
    """

    type: str
    subject: str
    data: Data
    position: int | None = None
    time: datetime | None = None


@cache
def sent(data: type) -> tuple[Field[Any], ...]:
    """The fields of a dataclass that are sent, in their order."""
    return tuple(each for each in fields(data) if "meaning" in each.metadata)


@cache
def hints(data: type) -> dict[str, Any]:
    """The types of the fields of a dataclass."""
    return get_type_hints(data)


def inner(kind: Any) -> type | None:
    """The dataclass in a field's type: `Line` for `Line`, `Line | None` and `tuple[Line, ...]`."""
    if is_dataclass(kind):
        return kind if isinstance(kind, type) else None
    return next((found for each in get_args(kind) if (found := inner(each)) is not None), None)


def documented_fields(data: type, prefix: str = "") -> Iterator[DocumentedField]:
    """The fields of a dataclass that are sent, each followed by those of the objects in it."""
    for each in sent(data):
        kind = hints(data)[each.name]
        path = prefix + each.name
        yield DocumentedField(path, each.name, kind, each.metadata["meaning"], each.metadata["is_value"])
        if (nested := inner(kind)) is not None:
            yield from documented_fields(nested, f"{path}[]." if is_list(kind) else f"{path}.")


def is_list(kind: Any) -> bool:
    """Whether a field's type is a list."""
    return getattr(kind, "__origin__", None) is tuple


#: Says what an event of an action describes; `Describers`: by action, each with the types that it may yield.
Describer = Callable[[Event], Iterable[Described]]
Describers = Mapping[str, tuple[Describer, tuple[EventType, ...]]]
