"""Writes what happens to the clocks of a ticket. Undecorated: called in the bodies of actions, in their transaction.

`subject`: the id of the ticket. `at`: when it happened; a moment before the last event counts as that moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from asora.kernel import locks
from asora.kernel.act import Act
from support.clocks import queries, rules
from support.clocks.models import ClockEvent, DueClock
from support.clocks.rules import ACK, ALL, History

Kind = ClockEvent.Kind
OF_QUEUE = (rules.OLA_ACK, rules.OLA_RESOLVE)
#: Clocks that are met when a ticket is resolved, and those that are cancelled then.
MET_AT_END = (ACK, rules.MITIGATE, rules.RESOLVE, rules.OLA_ACK, rules.OLA_RESOLVE)
NOT_NEEDED_AT_END = (rules.UPDATE, rules.NUDGE, rules.TRIAGE, rules.HAND_UP)
#: Clocks that go on with the time that was left when a ticket is opened again.
GO_ON = (rules.MITIGATE, rules.RESOLVE)


@dataclass(slots=True)
class _Clocks:
    """The clocks of one subject while a body writes about them."""

    act: Act
    subject: UUID
    at: int
    past: History
    number: int
    rows: list[ClockEvent] = field(default_factory=list)

    def add(self, clock: str, kind: Kind, **facts: Any) -> None:
        self.number += 1
        self.rows.append(
            ClockEvent(
                subject=self.subject,
                clock=clock,
                kind=kind,
                moment=datetime.fromtimestamp(self.at, UTC),
                number=self.number,
                facts=facts,
                recorded_by=self.act.actor.ref,
                request_id=self.act.request_id,
            )
        )
        self.past.add(clock, kind.value, self.at, facts or None)

    def end(self, clock: str, kind: Kind) -> None:
        """End a clock that counts; nothing if it does not."""
        if self.past.is_running(clock):
            self.add(clock, kind)

    def classify(self, **values: Any) -> None:
        """Apply another severity, category or queue. `values`: those that change."""
        before = self.past.classified[-1]._asdict() if self.past.classified else {}
        facts = {name: before.get(name) for name in ("severity", "category", "queue")} | values
        if any(facts[name] != before.get(name) for name in facts) or not before:
            self.add(ALL, Kind.POLICY_APPLIED, **facts)

    def save(self) -> None:
        if not self.rows:
            return
        ClockEvent.objects.bulk_create(self.rows)
        refresh(self.subject, self.past, at=self.at)


def start(act: Act, subject: UUID, *, severity: int | None, category: str, queue: str, at: datetime) -> None:
    """Start the clocks of a new ticket. `severity` None and `category` "" mean that nobody has classified it yet."""
    clocks = _locked(act, subject, at)
    clocks.classify(severity=severity, category=category, queue=queue)
    clocks.add(ALL, Kind.ACTIVATE)
    clocks.save()


def reclassify(
    act: Act, subject: UUID, *, severity: int | None, category: str, queue: str, at: datetime
) -> None:
    """Apply the promised times of another severity, category or queue. Meets the triage clock.

    A higher severity counts from `at`, and keeps earlier promises of the lower one. A lower severity counts from the
    opening.
    """
    clocks = _locked(act, subject, at)
    moved = bool(clocks.past.classified) and clocks.past.classified[-1].queue != queue
    clocks.classify(severity=severity, category=category, queue=queue)
    if severity is not None:
        clocks.end(rules.TRIAGE, Kind.FULFIL)
    if moved:
        _restart_queue(clocks)
    clocks.save()


def requeue(act: Act, subject: UUID, *, queue: str, at: datetime) -> None:
    """Pass a ticket to another queue: the queue's own clocks start again."""
    clocks = _locked(act, subject, at)
    clocks.classify(queue=queue)
    _restart_queue(clocks)
    clocks.save()


def pause(act: Act, subject: UUID, at: datetime) -> None:
    """Stop counting for the targets that pause, because the desk waits for somebody else. Twice is once."""
    clocks = _locked(act, subject, at)
    if clocks.past.classified and not clocks.past.is_paused:
        clocks.add(ALL, Kind.PAUSE)
    clocks.save()


def resume(act: Act, subject: UUID, at: datetime) -> None:
    """Go on counting after a pause. Nothing if there is none."""
    clocks = _locked(act, subject, at)
    if clocks.past.is_paused:
        clocks.add(ALL, Kind.RESUME)
    clocks.save()


def fulfil(act: Act, subject: UUID, clock: str, at: datetime) -> None:
    """Record that what a clock waits for was done. Nothing if it does not count. The first answer starts the updates.

    The clocks of updates and of progress begin again.
    """
    clocks = _locked(act, subject, at)
    _fulfil(clocks, clock)
    clocks.save()


def answered(act: Act, subject: UUID, at: datetime) -> None:
    """Record that an agent has answered: meets the first answer or the update, and counts as progress."""
    clocks = _locked(act, subject, at)
    clocks.end(rules.UPDATE, Kind.FULFIL)
    _fulfil(clocks, ACK)
    clocks.end(rules.NUDGE, Kind.FULFIL)
    clocks.save()


def go_on(act: Act, subject: UUID, clock: str, at: datetime) -> None:
    """Let a clock that was met go on with the time that was left, because what it waits for is undone."""
    clocks = _locked(act, subject, at)
    if clock in clocks.past.clocks and not clocks.past.is_running(clock):
        clocks.add(clock, Kind.RESUME)
    clocks.save()


def resolved(act: Act, subject: UUID, at: datetime) -> None:
    """End all clocks of a ticket that is resolved: its promises are met or missed, nothing more is promised."""
    clocks = _locked(act, subject, at)
    for clock in MET_AT_END:
        clocks.end(clock, Kind.FULFIL)
    for clock in NOT_NEEDED_AT_END:
        clocks.end(clock, Kind.CANCEL)
    if clocks.past.is_paused:
        clocks.add(ALL, Kind.RESUME)
    clocks.save()


def reopen(act: Act, subject: UUID, at: datetime) -> None:
    """Go on with a resolved ticket. Mitigation and resolution have the time that was left; updates start again."""
    clocks = _locked(act, subject, at)
    for clock in GO_ON:
        if clock in clocks.past.clocks and not clocks.past.is_running(clock):
            clocks.add(clock, Kind.RESUME)
    for clock in (rules.UPDATE, rules.NUDGE):
        if not clocks.past.is_running(clock):
            clocks.add(clock, Kind.ACTIVATE)
    _restart_queue(clocks)
    clocks.save()


def cancel(act: Act, subject: UUID, at: datetime) -> None:
    """End all clocks because the ticket is handled elsewhere, such as after a merge. `restore` undoes it."""
    clocks = _locked(act, subject, at)
    if any(clocks.past.is_running(clock) for clock in rules.CLOCKS):
        clocks.add(ALL, Kind.CANCEL)
    clocks.save()


def restore(act: Act, subject: UUID, at: datetime) -> None:
    """Undo `cancel`: the clocks that it ended go on with the time that was left then."""
    clocks = _locked(act, subject, at)
    ended = [clock for clock in clocks.past.clocks.values() if clock.how == "cancel"]
    latest = max((clock.ended or 0 for clock in ended), default=0)
    for name, clock in list(clocks.past.clocks.items()):
        if clock.how == "cancel" and clock.ended == latest:
            clocks.add(name, Kind.RESUME)
    clocks.save()


def record_missed(act: Act, subject: UUID, at: datetime) -> list[str]:
    """Record which promised times have been missed since they were last recorded. Returns those clocks."""
    clocks = _locked(act, subject, at)
    now = int(at.timestamp())
    late = [
        reading
        for reading in rules.readings(clocks.past, queries.known_policies(), now)
        if reading.ended is None and reading.state == "missed" and reading.clock in rules.ENFORCED
    ]
    recorded = _missed_before(subject)
    missed = [one for one in late if recorded.get(one.clock, -1) < clocks.past.clocks[one.clock].started]
    for reading in missed:
        clocks.number += 1
        clocks.rows.append(
            ClockEvent(
                subject=subject,
                clock=reading.clock,
                kind=Kind.BREACH,
                moment=datetime.fromtimestamp(reading.due or now, UTC),
                number=clocks.number,
                target_id=reading.target.pk,
                recorded_by=act.actor.ref,
                request_id=act.request_id,
            )
        )
    if clocks.rows:
        ClockEvent.objects.bulk_create(clocks.rows)
    refresh(subject, clocks.past, at=now)
    DueClock.objects.filter(subject=subject, clock__in=[one.clock for one in late]).update(is_recorded=True)
    return [reading.clock for reading in missed]


def _missed_before(subject: UUID) -> dict[str, int]:
    """Clock to the latest moment (in seconds since 1970) at which it is recorded as missed."""
    rows = ClockEvent.objects.filter(subject=subject, kind=Kind.BREACH).order_by("number")
    return {clock: int(moment.timestamp()) for clock, moment in rows.values_list("clock", "moment")}


def refresh(subject: UUID, past: History, *, at: int) -> None:
    """Write down when the worker has to look at the clocks of a subject again, computed from their events."""
    due = {
        reading.clock: None if reading.due is None else datetime.fromtimestamp(reading.due, UTC)
        for reading in rules.readings(past, queries.known_policies(), at)
        if reading.ended is None
    }
    DueClock.objects.filter(subject=subject).exclude(clock__in=list(due)).delete()
    DueClock.objects.bulk_create(
        [DueClock(subject=subject, clock=clock, due_at=when) for clock, when in due.items()],
        update_conflicts=True,
        unique_fields=["subject", "clock"],
        update_fields=["due_at", "is_recorded"],
    )


def _fulfil(clocks: _Clocks, clock: str) -> None:
    is_first_answer = clock == ACK and clocks.past.is_running(ACK)
    clocks.end(clock, Kind.FULFIL)
    if is_first_answer:
        clocks.end(rules.HAND_UP, Kind.CANCEL)
        if rules.UPDATE not in clocks.past.clocks:
            clocks.add(rules.UPDATE, Kind.ACTIVATE)


def _restart_queue(clocks: _Clocks) -> None:
    for clock in OF_QUEUE:
        clocks.add(clock, Kind.ACTIVATE)


def _locked(act: Act, subject: UUID, at: datetime) -> _Clocks:
    """The clocks of a subject, locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.key("clocks", subject)])
    past = next((past for _index, past in queries.histories([subject])), History())
    newest = ClockEvent.objects.filter(subject=subject).order_by("-number").values_list("number", flat=True)
    moment = max(int(at.timestamp()), past.last)
    return _Clocks(act=act, subject=subject, at=moment, past=past, number=newest.first() or 0)
