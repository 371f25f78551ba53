"""The state of clocks, computed from their events on reading."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from asora.kernel.text import StrOrPromise
from support.clocks import rules
from support.clocks.business_time import Hours
from support.clocks.models import Calendar, DueClock, SlaPolicy, SlaTarget
from support.clocks.rules import History, Policy, Reading
from support.clocks.words import LABELS

# Events of many subjects in their order. A number stands for the subject, because it is read faster than a UUID.
EVENTS = """
SELECT asked.number, event.clock, event.kind, extract(epoch FROM event.moment)::bigint,
       CASE WHEN event.kind = 'policy_applied' THEN event.facts::text END
FROM unnest(%s::uuid[]) WITH ORDINALITY asked (id, number)
JOIN support_clockevent event ON event.subject = asked.id
WHERE event.kind <> 'breach'
ORDER BY asked.number, event.number
"""


class ClockState(NamedTuple):
    """One clock of a ticket as pages show it. Its values are made when they are read, which lists rarely do."""

    reading: Reading

    @property
    def clock(self) -> str:
        """The clock, one of `rules.CLOCKS`."""
        return self.reading.clock

    @property
    def label(self) -> StrOrPromise:
        """What it waits for."""
        return LABELS[self.reading.clock]

    @property
    def state(self) -> str:
        """One of: running, paused, met, missed, cancelled."""
        return self.reading.state

    @property
    def due_at(self) -> datetime | None:
        """When it is due; None while it is paused."""
        return None if self.reading.due is None else datetime.fromtimestamp(self.reading.due, UTC)

    @property
    def left(self) -> timedelta:
        """Business time if `is_business`, else real time; negative when it is late."""
        return timedelta(seconds=self.reading.left)

    @property
    def is_near(self) -> bool:
        """Returns True in the last quarter of its time."""
        return self.reading.is_near

    @property
    def is_business(self) -> bool:
        """Returns True if `left` is business time."""
        return self.reading.target.hours is not None and self.reading.left > 0

    @property
    def is_open(self) -> bool:
        """Returns True until it has ended: somebody has to act."""
        return self.reading.ended is None


def states(subjects: Collection[UUID], now: datetime) -> dict[UUID, list[ClockState]]:
    """The clocks of each subject, in the order in which pages show them. Three queries for any number of subjects.

    Clocks without a promised time are left out.
    """
    at = int(now.timestamp())
    policies = known_policies()
    asked = list(dict.fromkeys(subjects))
    found: dict[UUID, list[ClockState]] = {subject: [] for subject in asked}
    for index, past in histories(asked):
        found[asked[index]] = list(map(ClockState, rules.readings(past, policies, at)))
    return found


def histories(subjects: list[UUID]) -> Iterator[tuple[int, History]]:
    """The histories of the subjects that have any, each with the subject's index. One query."""
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, [subjects])
        current, past = 0, History()
        for number, clock, kind, at, facts in cursor.fetchall():
            if number != current:
                if current:
                    yield current - 1, past
                current, past = number, History()
            past.add(clock, kind, at, _facts(facts) if facts else None)
    if current:
        yield current - 1, past


@lru_cache(maxsize=1000)
def _facts(text: str) -> Mapping[str, Any]:
    """Facts from JSON. Thousands of tickets have the same few."""
    facts: Mapping[str, Any] = json.loads(text)
    return facts


def overdue(clock: str, now: datetime) -> list[UUID]:
    """The subjects whose `clock` has run out and has not ended, at most a thousand, longest first."""
    due = DueClock.objects.filter(clock=clock, due_at__lte=now).order_by("due_at")
    return list(due.values_list("subject", flat=True)[:1000])


def unrecorded(now: datetime, *, at_most: int) -> list[UUID]:
    """The subjects with a promised time that has run out since the worker last looked, longest first."""
    due = DueClock.objects.filter(clock__in=rules.ENFORCED, due_at__lte=now, is_recorded=False)
    rows = due.order_by("due_at").values_list("subject", flat=True)[: at_most * 4]
    return list(dict.fromkeys(rows))[:at_most]


def known_policies() -> list[Policy]:
    """All versions of the policy, oldest first. Rows never change, so that each version is read once per process."""
    versions = tuple(SlaPolicy.objects.order_by("version").values_list("pk", "version", "published_at"))
    return [_policy(connection.settings_dict["NAME"], *version) for version in versions]


def newest_policy() -> SlaPolicy | None:
    """The policy that is in force, with its targets."""
    return SlaPolicy.objects.prefetch_related("targets__calendar").order_by("-version").first()


def versions() -> list[SlaPolicy]:
    """All versions of the policy, newest first."""
    return list(SlaPolicy.objects.order_by("-version")[:100])


def newest_calendars() -> list[Calendar]:
    """The newest version of each calendar."""
    return list(Calendar.objects.order_by("key", "-version").distinct("key"))


@lru_cache(maxsize=100)
def _policy(_database: str, pk: int, version: int, published_at: datetime) -> Policy:
    return Policy(
        version=version,
        published=int(published_at.timestamp()),
        targets=[_target(row) for row in SlaTarget.objects.filter(policy=pk).select_related("calendar")],
    )


def _target(row: SlaTarget) -> rules.Target:
    return rules.Target(
        pk=row.pk,
        clock=row.clock,
        severity=row.severity,
        category=row.category,
        queue=row.queue,
        amount=row.amount,
        unit=row.unit,
        hours=hours_of(row.calendar) if row.calendar else None,
        pauses=row.pauses,
    )


def hours_of(calendar: Calendar) -> Hours:
    """The business time of one version of a calendar."""
    return _hours(calendar.time_zone, _frozen(calendar.hours), tuple(calendar.holidays))


@lru_cache(maxsize=100)
def _hours(time_zone: str, week: tuple[tuple[tuple[int, ...], ...], ...], holidays: tuple[str, ...]) -> Hours:
    return Hours(time_zone=time_zone, week=week, holidays=holidays)


def _frozen(week: Iterable[Iterable[Iterable[int]]]) -> tuple[tuple[tuple[int, ...], ...], ...]:
    return tuple(tuple(tuple(opening) for opening in day) for day in week)
