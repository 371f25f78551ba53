"""What a refused request asked for, recorded so that its action can be rehearsed from the event alone.

The values of the action are written as JSON: records by kind and id, figures and days as they are, codes as text. Of
names, addresses, notes and free text only the length is recorded (`kernel.evidence`), and a text of that length takes
their place when the request is built again. Passwords and codes are never recorded, so an action that takes one cannot
be rehearsed. What a context passes besides plain values and records is registered by it (`register`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Choices, Model, QuerySet

from asora.kernel import keys
from asora.kernel.actors import Actor
from asora.kernel.evidence import MASK, shown
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import ReadOnlyValues, Values

#: Values of these names are passwords, codes or links: nothing of them is recorded, not even their length.
SECRETS = frozenset({"new_password", "old_password", "one_time_code", "password", "secret", "token"})
#: The longest request that an event records, in characters of its JSON: events can never be deleted.
MAX_LENGTH = 48_000
MAX_VALUES = 4_000
MAX_PLACEHOLDER = 10_000


class LeftOut(StrEnum):
    """Why the event of a refusal does not contain its request."""

    SECRET = "secret"  # noqa: S105 (it takes a password, a code or a link)
    INVALID = "invalid"  # the input could not be read, so there are no values
    TOO_LARGE = "too_large"
    NOT_A_VALUE = "not_a_value"  # it was given something that cannot be written down


class NotRebuilt(Exception):
    """The request cannot be built again from what its event contains. `why`: one of `LeftOut`, "gone" or "outdated"."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class Outdated(NotRebuilt):
    """An earlier release recorded the request, and this one no longer understands it."""

    def __init__(self) -> None:
        super().__init__("outdated")


class Gone(NotRebuilt):
    """A record or file that the request named no longer exists."""

    def __init__(self) -> None:
        super().__init__("gone")


@dataclass(frozen=True, slots=True)
class Way:
    """How the values of a class are written down, and built again."""

    name: str
    to_json: Callable[[Any, Writer], Any]
    from_json: Callable[[Any], Any]


_by_class: dict[type[Any], Way] = {}
_by_name: dict[str, Way] = {}
#: Texts of these names are codes if their check says so; all others are recorded as their length.
_checks: dict[str, Callable[[str], bool]] = {}


def register(
    cls: type[Any], name: str, *, to_json: Callable[[Any, Writer], Any], from_json: Callable[[Any], Any]
) -> None:
    """Register how the values of a class are written down (`to_json`), and built again (`from_json`)."""
    if name in _by_name:
        raise RuntimeError(f"two kinds of values are called {name}")
    _by_class[cls] = _by_name[name] = Way(name, to_json, from_json)


def register_fields(cls: type[Any], name: str, *, codes: Iterable[str] = ()) -> None:
    """Register a dataclass that is written down field by field. `codes`: its texts that are codes, no free text."""
    defaults, kept = {field.name: field.default for field in fields(cls)}, frozenset(codes)

    def to_json(value: Any, writer: Writer) -> Values:
        given = {name: getattr(value, name) for name in defaults}
        return {
            name: one if name in kept else writer.write(name, one)
            for name, one in given.items()
            if defaults[name] is MISSING or one != defaults[name]
        }

    register(cls, name, to_json=to_json, from_json=lambda stored: cls(**read(stored)))


def register_check(name: str, check: Callable[[str], bool]) -> None:
    """Record texts of this name as they are if `check` says that they are codes of the product."""
    _checks[name] = check


class Writer:
    """Writes the values of one request as JSON. `hubs`: the ids of the hubs of the records among them."""

    def __init__(self) -> None:
        self.hubs: set[int] = set()
        self._count = 0

    def write(self, name: str, value: object) -> Any:
        """One value as JSON. Raises NotRebuilt if it cannot be written down, or if there are too many."""
        self._count += 1
        if self._count > MAX_VALUES:
            raise NotRebuilt(LeftOut.TOO_LARGE)
        if name in SECRETS:
            raise NotRebuilt(LeftOut.SECRET)
        if way := _way_of(value):
            return {"is": way.name, "of": way.to_json(value, self)}
        match value:
            case None | bool() | int():
                return value
            case Choices():
                return value.value
            case str():
                return self._text(name, value)
            case Mapping():
                return {"is": "pairs", "of": [self._pair(name, key, one) for key, one in value.items()]}
            case set() | frozenset():
                return {"is": "set", "of": [self.write(name, one) for one in sorted(value, key=str)]}
            case list() | tuple() | QuerySet():
                return [self.write(name, one) for one in value]
        raise NotRebuilt(LeftOut.NOT_A_VALUE)

    def _pair(self, name: str, key: object, value: object) -> list[Any]:
        """A key is a record, or a name that the program chose."""
        return [key if isinstance(key, str) else self.write(name, key), self.write(str(key), value)]

    def _text(self, name: str, text: str) -> Any:
        check = _checks.get(name)
        kept = shown(name, text, is_kept=bool(check and check(text)))
        return kept if kept == text else {"is": "text", "of": [name, len(text)]}


def _way_of(value: object) -> Way | None:
    classes = (_by_class.get(cls) for cls in type(value).__mro__)
    return next((way for way in classes if way), None)


def digest(content: bytes) -> str:
    """The digest by which an event names a file."""
    return hashlib.sha256(content).hexdigest()


def written(values: ReadOnlyValues) -> tuple[Values, set[int]]:
    """The values of an action as the event of its refusal contains them, and the ids of the hubs of their records."""
    writer = Writer()
    try:
        asked = {"values": {name: writer.write(name, value) for name, value in values.items()}}
    except NotRebuilt as error:
        return {"left_out": str(error.why)}, writer.hubs
    if len(json.dumps(asked)) > MAX_LENGTH:
        return {"left_out": str(LeftOut.TOO_LARGE)}, writer.hubs
    return asked, writer.hubs


def request_of(
    actor: Actor, values: ReadOnlyValues | None, *, unread: Refusal | None
) -> tuple[Values, set[int]]:
    """The request of a refused action for its event, and the ids of the hubs of its records.

    `values`: None if reading them would take long. `unread`: why the form has no values, if it is invalid. For an
    actor without an account, the request names its permissions: nobody could look them up later.
    """
    asked, hubs = ({"left_out": str(LeftOut.TOO_LARGE)}, set()) if values is None else written(values)
    if unread is not None:
        asked = {"left_out": str(LeftOut.INVALID), "reason": str(unread.reason)}
    if actor.account is None:
        asked["granted"] = sorted(actor.granted)
    return asked, hubs


def rebuilt(asked: ReadOnlyValues) -> Values:
    """The values of an action, from what its event contains. Reads records. Raises NotRebuilt."""
    if why := asked.get("left_out"):
        raise NotRebuilt(why)
    if MASK in json.dumps(asked):
        raise NotRebuilt(LeftOut.SECRET)
    try:
        return {str(name): read(value) for name, value in dict(asked["values"]).items()}
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise Outdated from error


def read(stored: Any) -> Any:
    """One value from its JSON. Raises NotRebuilt."""
    if isinstance(stored, list):
        return [read(one) for one in stored]
    if not isinstance(stored, Mapping):
        return stored
    if "is" not in stored:
        return {str(name): read(value) for name, value in stored.items()}
    way = _by_name.get(stored["is"])
    if way is None:
        raise Outdated
    return way.from_json(stored["of"])


def _placeholder(described: list[Any]) -> str:
    """A text in place of one of which only the length is known."""
    name, length = described
    text: str = "x" * min(length, MAX_PLACEHOLDER)
    match name:
        case "email":
            return f"{text[:60]}@rehearsal.invalid"
        case "url":
            return f"https://rehearsal.example/{text[:60]}"
    return text


def _name_of(record: Model, writer: Writer) -> list[str]:
    if record.pk is None:
        raise NotRebuilt(LeftOut.NOT_A_VALUE)
    hub = keys.hub_of(record)
    if isinstance(hub, int):
        writer.hubs.add(hub)
    return [record._meta.label_lower, str(record.pk)]


def _record(named: list[str]) -> Model:
    label, number = named
    found: Model | None = apps.get_model(label)._default_manager.filter(pk=number).first()
    if found is None:
        raise Gone
    return found


def _nothing(_value: Any, _writer: Writer) -> None:
    """Of this kind there is only the way back: the writer writes it itself."""


register(Model, "record", to_json=_name_of, from_json=_record)
register(Decimal, "decimal", to_json=lambda value, _writer: f"{value:f}", from_json=Decimal)
register(
    datetime, "moment", to_json=lambda value, _writer: value.isoformat(), from_json=datetime.fromisoformat
)
register(date, "day", to_json=lambda value, _writer: value.isoformat(), from_json=date.fromisoformat)
register(UUID, "uuid", to_json=lambda value, _writer: str(value), from_json=UUID)
_by_name |= {
    "text": Way("text", _nothing, _placeholder),
    "set": Way("set", _nothing, lambda stored: frozenset(read(one) for one in stored)),
    "pairs": Way("pairs", _nothing, lambda stored: {read(key): read(value) for key, value in stored}),
}
