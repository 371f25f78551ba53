"""What one record of a trail says, as the rooms above use it: immutable, ready for JSON, without a database."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from asora.kernel.shapes import ReadOnlyValues, Values
from support.evidence.models import EvidenceLink

EVENT, ATTEMPT = EvidenceLink.Kind.EVENT, EvidenceLink.Kind.ATTEMPT
#: Of lists and mappings in the details of a refusal, at most so many entries are facts. The event has all of them.
MAX_ENTRIES = 50
#: Details of a refusal that have a field of their own, or say nothing about the decision.
_NAMED = frozenset(
    {"gate", "verdict", "reason", "rule", "inputs", "limit", "usage", "asked", "permission", "roles", "held_by", "who",
     "remedy", "fields", "lines", "standing"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SealPlace:
    """The seal that covers an event: its number, and the size of the tree that it signed."""

    number: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFact:
    """One event of a tenant's trail, or one sign-in attempt, which is not sealed (`kind`).

    `schema`, `access`: where and in which access session it was read. `event_hash`: SHA-256 of the canonical row,
    hexadecimal; `row_format`: the format of that row. `seal`: None if it is not sealed yet.
    `rule`, `limit`, `usage`, `asked`, `permission`, `roles`, `held_by`, `who`, `fields`, `lines`: what the gate that
    refused recorded; empty if nothing was refused. `roles`: those of the refused person. `held_by`: the roles that
    have the permission. `who`: the roles that can apply the remedy. `fields`, `lines`: by name or number, the reasons
    with their messages. `details`: what else the gate recorded. `gates`: the ladder as pairs of gate and verdict.
    `sentence`: the event in words, without its subject. `positions`: the first and last ledger position that it wrote.
    """

    kind: str
    schema: str
    access: UUID
    record: str
    request_id: str
    occurred_at: datetime
    action: str
    outcome: str
    sentence: str
    number: int | None = None
    event_hash: str = ""
    row_format: int = 0
    seal: SealPlace | None = None
    cause_id: str = ""
    actor_type: str = ""
    actor_ref: str = ""
    session_ref: str = ""
    route: str = ""
    http_status: int | None = None
    code: str = ""
    reason: str = ""
    rule: str = ""
    message: str = ""
    remedy: str = ""
    limit: int | None = None
    usage: int | None = None
    asked: int | None = None
    permission: str = ""
    roles: tuple[str, ...] = ()
    held_by: tuple[str, ...] = ()
    who: tuple[str, ...] = ()
    fields: ReadOnlyValues = field(default_factory=dict)
    lines: ReadOnlyValues = field(default_factory=dict)
    details: ReadOnlyValues = field(default_factory=dict)
    gates: tuple[tuple[str, str], ...] = ()
    resource_type: str = ""
    resource_id: str = ""
    resource_label: str = ""
    facts: ReadOnlyValues = field(default_factory=dict)
    positions: tuple[int, int] | None = None
    export_ref: str = ""
    dispatch_ref: str = ""
    hubs: tuple[int, ...] | None = None
    release: str = ""

    @property
    def is_refusal(self) -> bool:
        """Whether a rule refused the request."""
        return self.outcome == "refused"

    @property
    def is_sealed(self) -> bool:
        """Whether a seal covered the event when it was read. An attempt is never sealed."""
        return self.seal is not None

    @property
    def time_utc(self) -> str:
        """The moment in UTC, as the event has it: `2026-11-28T17:00:00.000001Z`."""
        return written(self.occurred_at)

    def as_json(self) -> Values:
        """All of it as values for JSON."""
        values = asdict(self)
        values["access"] = str(self.access)
        values["occurred_at"] = self.time_utc
        return values

    @classmethod
    def of_link(cls, link: EvidenceLink) -> EventFact:
        """What a reference said when it was linked."""
        return cls.from_json(link.facts)

    @classmethod
    def from_json(cls, values: ReadOnlyValues) -> EventFact:
        """The fact of `as_json`."""
        known = {name: values[name] for name in _NAMES if name in values}
        known["access"] = UUID(known["access"])
        known["occurred_at"] = datetime.fromisoformat(known["occurred_at"])
        known["seal"] = SealPlace(**known["seal"]) if known["seal"] else None
        for name in ("roles", "held_by", "who"):
            known[name] = tuple(known[name])
        known["gates"] = tuple((gate, verdict) for gate, verdict in known["gates"])
        known["positions"] = tuple(known["positions"]) if known["positions"] else None
        known["hubs"] = None if known["hubs"] is None else tuple(known["hubs"])
        return cls(**known)


_NAMES = tuple(entry.name for entry in fields(EventFact))


def written(at: datetime) -> str:
    """A moment in UTC with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def digest(row: bytes) -> str:
    """SHA-256 of a canonical row, in hexadecimal digits."""
    return hashlib.sha256(row).hexdigest()


def of_ladder(steps: Sequence[ReadOnlyValues]) -> Values:
    """What a recorded ladder says: its gates, and the details of the gate that refused."""
    gates = tuple((str(step.get("gate", "")), str(step.get("verdict", ""))) for step in steps)
    stop: ReadOnlyValues = next((step for step in reversed(steps) if step.get("verdict") == "stopped"), {})
    standing = stop.get("standing") or {}
    passed = next((step for step in steps if step.get("gate") == "permitted"), {})
    return {
        "gates": gates,
        "remedy": str(stop.get("remedy", "")),
        "limit": _number(stop.get("limit")),
        "usage": _number(stop.get("usage")),
        "asked": _number(stop.get("asked")),
        "permission": str(stop.get("permission") or ""),
        "roles": _texts(stop.get("roles") or standing.get("roles") or passed.get("roles")),
        "held_by": _texts(stop.get("held_by")),
        "who": _texts(stop.get("who")),
        "fields": bounded(stop.get("fields") or {}),
        "lines": bounded(stop.get("lines") or {}),
        "details": bounded({name: value for name, value in stop.items() if name not in _NAMED}),
    }


def bounded(value: Any) -> Any:
    """A JSON value with at most `MAX_ENTRIES` entries in each list and mapping."""
    match value:
        case Mapping():
            return {str(name): bounded(entry) for name, entry in islice(value.items(), MAX_ENTRIES)}
        case list() | tuple():
            return [bounded(entry) for entry in islice(value, MAX_ENTRIES)]
    return value


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(entry) for entry in value) if isinstance(value, list | tuple) else ()
