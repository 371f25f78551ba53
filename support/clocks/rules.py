"""What the events of a ticket's clocks add up to. Pure: no database, no clock.

A clock is never stored as a counter. Its state is computed from its events each time it is read, by these rules:

- The strictest target wins: of the severity, of the category, and of both units if there are two.
- A promise counts from the first moment at which the ticket was at least that severe. The first severity counts from
  the opening. Raising a severity drops no earlier promise, so it never gives more time.
- Without a category, the earliest answer of any category is promised.
- A pause counts for the targets that pause. The time between an end and a reopening counts for no target.
- An open clock follows the newest policy; a clock that has ended keeps the policy of that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from support.clocks.business_time import MINUTE, Hours

ACK, UPDATE, MITIGATE, RESOLVE = "ack", "update", "mitigate", "resolve"
OLA_ACK, OLA_RESOLVE, NUDGE, TRIAGE, HAND_UP = "ola_ack", "ola_resolve", "nudge", "triage", "hand_up"
#: In the order in which pages show them.
CLOCKS = (ACK, UPDATE, MITIGATE, RESOLVE, TRIAGE, NUDGE, HAND_UP, OLA_ACK, OLA_RESOLVE)
#: Clocks that start again when they are met.
RECURRING = frozenset({UPDATE, NUDGE})
#: Clocks whose end is recorded as missed. The others only show that somebody should act.
ENFORCED = tuple(clock for clock in CLOCKS if clock not in (TRIAGE, HAND_UP))
#: Clocks that count from the opening. The update clock starts with the first answer.
AT_START = (ACK, MITIGATE, RESOLVE, TRIAGE, NUDGE, HAND_UP, OLA_ACK, OLA_RESOLVE)
#: An event of the whole ticket has this word as its clock. Activating all means those `AT_START`.
ALL = "all"

MINUTES, BUSINESS_MINUTES = "minutes", "business_minutes"
BUSINESS_DAYS, SAME_BUSINESS_DAY = "business_days", "same_business_day"
#: A clock is near its end in the last quarter of its time.
NEAR = 4


class Target(NamedTuple):
    """One promised time. `hours`: the calendar of its business time; None if every second counts."""

    pk: int
    clock: str
    severity: int | None
    category: str
    queue: str
    amount: int
    unit: str
    hours: Hours | None
    pauses: bool


class Reading(NamedTuple):
    """The state of one clock at one moment, in seconds since 1970.

    `due`: None while it is paused. `left`: seconds of counted time; negative real seconds when it is late.
    `target`: the one that decides. `ended`: None while it counts or is paused.
    """

    clock: str
    state: str
    due: int | None
    left: int
    is_near: bool
    target: Target
    ended: int | None


class Policy:
    """All targets of one version, found by what they are for."""

    def __init__(self, *, version: int, published: int, targets: Iterable[Target]) -> None:
        self.version = version
        self.published = published
        self._targets = list(targets)
        self._found: dict[tuple[int | None, str, str], dict[str, list[Target]]] = {}

    def targets(self, severity: int | None, category: str, queue: str) -> dict[str, list[Target]]:
        """Clock to its targets, for a ticket of this severity, category and queue."""
        asked = (severity, category, queue)
        found = self._found.get(asked)
        if found is None:
            found = self._found[asked] = {}
            for target in self._targets:
                if (
                    target.severity in (None, severity)
                    and (not target.category or not category or target.category == category)
                    and target.queue in ("", queue)
                ):
                    found.setdefault(target.clock, []).append(target)
        return found


class Classified(NamedTuple):
    """What the ticket was from a moment on."""

    at: int
    severity: int | None
    category: str
    queue: str


@dataclass(slots=True)
class Counted:
    """One clock since it was last started. `how`: the kind of event that ended it."""

    started: int
    ended: int | None = None
    how: str = ""
    #: Times between an end and a reopening.
    stops: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class History:
    """What has happened to the clocks of one subject."""

    classified: list[Classified] = field(default_factory=list)
    clocks: dict[str, Counted] = field(default_factory=dict)
    #: Pauses; the last one has no end while the ticket is paused.
    pauses: list[tuple[int, int | None]] = field(default_factory=list)
    last: int = 0

    @property
    def is_paused(self) -> bool:
        """Returns True while the last pause has no end."""
        return bool(self.pauses) and self.pauses[-1][1] is None

    def is_running(self, clock: str) -> bool:
        """Returns True if the clock was started and has not ended; a paused clock counts as running."""
        found = self.clocks.get(clock)
        return found is not None and found.ended is None

    def add(self, clock: str, kind: str, at: int, facts: Mapping[str, Any] | None) -> None:
        """Take the next event into account; events come in the order of their numbers.

        `clock`: one of `CLOCKS`, or `ALL`. `at`: seconds since 1970. `facts`: of `policy_applied`, else None.
        """
        self.last = max(self.last, at)
        if kind == "activate":
            for name in AT_START if clock == ALL else (clock,):
                self.clocks[name] = Counted(at)
        elif kind in ("fulfil", "cancel"):
            self._end(clock, kind, at)
        elif kind == "policy_applied":
            facts = facts or {}
            self.classified.append(
                Classified(at, facts.get("severity"), facts.get("category", ""), facts.get("queue", ""))
            )
        elif kind == "pause":
            if not self.is_paused:
                self.pauses.append((at, None))
        elif kind == "resume":
            self._resume(clock, at)

    def _resume(self, clock: str, at: int) -> None:
        if clock == ALL:
            if self.is_paused:
                self.pauses[-1] = (self.pauses[-1][0], at)
            return
        found = self.clocks.get(clock)
        if found is not None and found.ended is not None:
            found.stops = (*found.stops, (found.ended, at))
            found.ended, found.how = None, ""

    def _end(self, clock: str, kind: str, at: int) -> None:
        named = list(self.clocks) if clock == ALL else [clock]
        for name in named:
            found = self.clocks.get(name)
            if found is None or found.ended is not None:
                continue
            if kind == "fulfil" and name in RECURRING:
                self.clocks[name] = Counted(at)
            else:
                found.ended, found.how = at, kind


def readings(past: History, policies: Sequence[Policy], now: int) -> list[Reading]:
    """The state of every clock that has a target, at `now`. `policies`: oldest first."""
    if not past.classified or not policies:
        return []
    severity, category, queue = past.classified[-1][1:]
    newest = _in_force(policies, now)
    found = []
    for clock in CLOCKS:
        counted_clock = past.clocks.get(clock)
        if counted_clock is None:
            continue
        ended = counted_clock.ended
        policy = newest if ended is None else _in_force(policies, ended)
        targets = policy.targets(severity, category, queue).get(clock, ())
        promised = (
            [(target, counted_clock.started) for target in targets]
            if len(past.classified) == 1
            else _promised(past.classified, policy, clock, counted_clock.started)
        )
        if promised:
            found.append(_read(past, clock, counted_clock, promised, now))
    return found


def since(classified: Sequence[Classified], severity: int) -> int:
    """The first moment at which the ticket was at least so severe. The first severity counts from the opening."""
    is_first = True
    for one in classified:
        if one.severity is not None:
            if one.severity <= severity:
                return classified[0].at if is_first else one.at
            is_first = False
    return classified[-1].at


def budget(target: Target, at: int) -> int:
    """The seconds that the target grants from a moment on, counted in its own time."""
    if target.hours is None or target.unit in (MINUTES, BUSINESS_MINUTES):
        return target.amount * MINUTE
    start = target.hours.position(at)
    if target.unit == SAME_BUSINESS_DAY:
        return target.hours.end_of_day(at) - start
    return target.hours.days_later(at, target.amount) - start


def counted(target: Target, start: int, end: int) -> int:
    """The seconds between two moments that count for the target, without pauses."""
    if target.hours is None:
        return end - start
    return target.hours.position(end) - target.hours.position(start)


def due(target: Target, start: int, breaks: Sequence[tuple[int, int | None]]) -> tuple[int | None, int]:
    """When the time of a target is over, and the seconds that are left at the last break without an end.

    `breaks`: times that do not count, sorted by their beginning; only the last can have no end.
    """
    need, cursor, hours = budget(target, start), start, target.hours
    for begin, end in breaks:
        if begin > cursor:
            passed = counted(target, cursor, begin)
            if passed >= need:
                break
            need, cursor = need - passed, begin
        if end is None:
            return None, need
        cursor = max(cursor, end)
    if hours is None:
        return cursor + need, need
    return hours.moment(hours.position(cursor) + need), need


def _read(
    past: History, clock: str, found: Counted, promised: Sequence[tuple[Target, int]], now: int
) -> Reading:
    """The state of one clock. `promised`: its targets, each with the moment from which it counts; at least one."""
    ended = found.ended
    target, start = promised[0]
    when, left = due(target, start, _breaks(past, found, target))
    for other, other_start in promised[1:]:
        other_when, other_left = due(other, other_start, _breaks(past, found, other))
        if _is_earlier(other_when, other_left, than=(when, left)):
            when, left, target = other_when, other_left, other
    if ended is not None:
        is_late = when is not None and when < ended
        state = "cancelled" if found.how == "cancel" else "missed" if is_late else "met"
        return Reading(clock, state, when, 0, is_near=False, target=target, ended=ended)
    if when is None:
        return Reading(clock, "paused", None, left, is_near=False, target=target, ended=None)
    if when < now:
        return Reading(clock, "missed", when, when - now, is_near=False, target=target, ended=None)
    left = when - now if target.hours is None else target.hours.position(when) - target.hours.position(now)
    is_near = left * NEAR <= budget(target, found.started)
    return Reading(clock, "running", when, left, is_near=is_near, target=target, ended=None)


def _promised(
    classified: Sequence[Classified], policy: Policy, clock: str, started: int
) -> list[tuple[Target, int]]:
    """The targets that apply after several classifications, each with the moment from which it counts."""
    now = classified[-1]
    promised = [
        (target, started if target.severity is None else max(started, since(classified, target.severity)))
        for target in policy.targets(now.severity, now.category, now.queue).get(clock, ())
    ]
    if now.severity is None:
        return promised
    earlier = {one.severity for one in classified if one.severity is not None and one.severity > now.severity}
    for severity in sorted(earlier):
        start = max(started, since(classified, severity))
        targets = policy.targets(severity, now.category, now.queue).get(clock, ())
        promised += [(target, start) for target in targets if target.severity is not None]
    return promised


def _breaks(past: History, found: Counted, target: Target) -> Sequence[tuple[int, int | None]]:
    """The times that do not count for a target of a clock, sorted by their beginning."""
    pauses: Sequence[tuple[int, int | None]] = past.pauses if target.pauses else ()
    if pauses and found.ended is not None:
        ended = found.ended
        pauses = [pause for pause in pauses if pause[0] < ended]
    if not found.stops:
        return pauses
    return sorted([*found.stops, *pauses], key=lambda one: one[0])


def _is_earlier(when: int | None, left: int, *, than: tuple[int | None, int]) -> bool:
    if when is None or than[0] is None:
        # A clock that goes on is due before one that is paused; of two paused ones the one with less time left.
        return when is not None or (than[0] is None and left < than[1])
    return when < than[0]


def _in_force(policies: Sequence[Policy], at: int) -> Policy:
    """The newest policy that was published by then; the first one for what happened earlier."""
    for policy in reversed(policies):
        if policy.published <= at:
            return policy
    return policies[0]
