"""The five steps and how an event is interpreted: pure functions, no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from types import MappingProxyType
from typing import Any

from asora.kernel.shapes import ReadOnlyValues, Values


class StepNumber(IntEnum):
    """The steps in their order."""

    TENANT = 1
    REQUEST = 2
    EVENT = 3
    OUTCOME = 4
    REPORT = 5


#: The step from which on something other than an acknowledgement or an information request may be sent.
EVIDENCE_FROM = StepNumber.EVENT
MAX_REQUESTS = 10
MAX_EVENTS = 20
#: Refusals and errors decide a request; what was allowed comes after them.
_STOPPED = ("refused", "failed")
_NOTHING: ReadOnlyValues = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Linked:
    """One linked record, as far as rules read it. `facts`: what evidence recorded of the event, such as `limit`."""

    id: str
    request_id: str
    occurred_at: datetime
    action: str
    outcome: str
    code: str = ""
    reason: str = ""
    rule: str = ""
    is_sealed_kind: bool = True
    facts: ReadOnlyValues = field(default_factory=lambda: _NOTHING)

    @property
    def stopped(self) -> bool:
        """Returns True if a rule or an error stopped the request."""
        return self.outcome in _STOPPED

    def refused_with(self, *codes: str) -> bool:
        """Returns True if the request was refused with one of these codes."""
        return self.outcome == "refused" and self.code in codes


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What the deciding event says: the gate and rule that decided, and the figures and rights that they read.

    `limit`, `usage`: of a plan's ceiling. `permission`: the one that is missing. `fields`: the refused fields.
    """

    link: str
    request_id: str
    time_utc: str
    action: str
    outcome: str
    code: str = ""
    reason: str = ""
    rule: str = ""
    gate: str = ""
    message: str = ""
    limit: int | None = None
    usage: int | None = None
    permission: str = ""
    roles: tuple[str, ...] = ()
    held_by: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    remedy: str = ""
    is_sealed_kind: bool = True

    def as_json(self) -> Values:
        """The interpretation without empty values, as a step stores it."""
        return {name: value for name, value in asdict(self).items() if value not in ("", None, (), [])}


def deciding(links: Sequence[Linked]) -> Linked:
    """The event that decided: the latest refusal or error among them, otherwise the latest event."""
    stopped = [link for link in links if link.stopped]
    return max(stopped or links, key=lambda link: link.occurred_at)


def utc(moment: datetime) -> str:
    """A moment as evidence names it: in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def interpret(link: Linked) -> Interpretation:
    """What one event says."""
    facts = link.facts
    return Interpretation(
        link=link.id,
        request_id=link.request_id,
        time_utc=utc(link.occurred_at),
        action=link.action,
        outcome=link.outcome,
        code=link.code,
        reason=link.reason,
        rule=link.rule,
        gate=_stopping_gate(facts.get("gates")),
        message=str(facts.get("message") or ""),
        limit=_number(facts.get("limit")),
        usage=_number(facts.get("usage")),
        permission=str(facts.get("permission") or ""),
        roles=_texts(facts.get("roles")),
        held_by=_texts(facts.get("held_by")),
        fields=_texts(facts.get("fields")),
        remedy=str(facts.get("remedy") or ""),
        is_sealed_kind=link.is_sealed_kind,
    )


#: What a report claims and an event shows: each is compared on its own.
CLAIMS = ("who", "what", "when", "where", "result")
VERDICTS = ("match", "mismatch", "not_claimed")


def compared(verdicts: Mapping[str, str]) -> tuple[int, int]:
    """The number of claims that match the facts, and of those that do not."""
    values = [verdicts.get(claim, "not_claimed") for claim in CLAIMS]
    return values.count("match"), values.count("mismatch")


def missing_before(step: int, *, done: int) -> tuple[int, ...]:
    """The steps that have to be done before this one; `done`: the last one that is done."""
    return tuple(range(done + 1, step))


def _stopping_gate(gates: Any) -> str:
    """The gate that refused, of a recorded ladder: pairs of gate and verdict."""
    return next((str(gate) for gate, verdict in gates or () if verdict == "stopped"), "")


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(str(one) for one in value) if isinstance(value, Iterable) else ()
