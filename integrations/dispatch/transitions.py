"""Attempts and their results: written around each request to a receiver, committed before and after.

The instruction to send and its result are actions with events. A dispatch of many payloads commits two states for each
of them; they are attempts, with a table and triggers of their own, and no events.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from asora.kernel.request_ids import uuid7
from integrations.dispatch.models import Attempt, Schedule
from integrations.dispatch.plan import Chosen, Plan

# A payload that concerns more than the endpoint's maker may see today is passed over: it stays as it is.
ALLOWED = (
    "(NOT p.with_values OR %(sees_values)s) AND (%(hubs)s::bigint[] IS NULL OR p.hubs <@ %(hubs)s::bigint[])"
)
ATTEMPTS = "(SELECT count(*) FROM integrations_attempt a WHERE a.payload_id = p.id)"
# The endpoint is a value and not a join, so that the index gives the next payload without sorting the whole queue.
CLAIM = """
WITH next AS (
    SELECT p.id, p.number, p.event_id, p.body, {attempts} AS tried
    FROM integrations_payload p
    WHERE p.endpoint_id = %(endpoint)s AND {wanted} AND {allowed}
        AND EXISTS (SELECT FROM integrations_dispatch WHERE id = %(dispatch)s AND finished_at IS NULL)
    ORDER BY p.number LIMIT 1 FOR UPDATE OF p
), attempt AS (
    INSERT INTO integrations_attempt (id, payload_id, dispatch_id, ordinal, started_at, outcome, fault, answer)
    SELECT %(attempt)s, id, %(dispatch)s, tried + 1, %(now)s, '', '', '' FROM next
)
SELECT id, number, event_id, body FROM next
"""
QUEUED = "p.state = 'queued' AND p.number > %(after)s AND p.number <= %(upto)s"
CHOSEN = f"p.id = %(payload)s AND p.state <> 'sending' AND {ATTEMPTS} = %(seen)s"
CLAIM_QUEUED, CLAIM_CHOSEN = (
    CLAIM.format(attempts=ATTEMPTS, wanted=wanted, allowed=ALLOWED) for wanted in (QUEUED, CHOSEN)
)
RECORD = """
UPDATE integrations_attempt
SET outcome = %(outcome)s, finished_at = %(finished_at)s, http_status = %(http_status)s, fault = %(fault)s,
    duration_ms = %(duration_ms)s, answer = %(answer)s
WHERE id = %(attempt)s AND outcome = ''
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A payload that is to be sent now, with the attempt that is already recorded."""

    attempt: UUID
    number: int
    event_id: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """The result of an attempt."""

    attempt: UUID
    outcome: Attempt.Outcome
    http_status: int | None
    fault: str
    duration_ms: int
    answer: str
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the endpoint's maker may see now. `hubs`: the ids of hubs; None: all."""

    hubs: Collection[int] | None
    sees_values: bool


def claim_queued(plan: Plan, *, after: int, allowed: Allowed) -> Claim | None:
    """Claim the next queued payload with a number above `after`. None: there is none, or the dispatch was ended."""
    return _claim(CLAIM_QUEUED, plan, allowed, after=after, upto=plan.upto)


def claim_chosen(plan: Plan, chosen: Chosen, *, allowed: Allowed) -> Claim | None:
    """Claim a chosen payload. None: it was sent in the meantime, or the dispatch was ended."""
    return _claim(CLAIM_CHOSEN, plan, allowed, payload=chosen.payload, seen=chosen.seen)


def record(result: Result) -> bool:
    """Write the outcome of an attempt. Returns False if it has one already: somebody took the sender for dead."""
    with connection.cursor() as cursor:
        cursor.execute(
            RECORD,
            {
                "attempt": result.attempt,
                "outcome": result.outcome,
                "finished_at": result.finished_at,
                "http_status": result.http_status,
                "fault": result.fault,
                "duration_ms": result.duration_ms,
                "answer": result.answer,
            },
        )
        return cursor.rowcount == 1


def _claim(statement: str, plan: Plan, allowed: Allowed, **wanted: UUID | int) -> Claim | None:
    attempt = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "attempt": attempt,
                "dispatch": plan.dispatch.pk,
                "endpoint": plan.dispatch.endpoint_id,
                "now": timezone.now(),
                "hubs": None if allowed.hubs is None else list(allowed.hubs),
                "sees_values": allowed.sees_values,
                **wanted,
            },
        )
        row = cursor.fetchone()
    if row is None:
        return None
    _payload, number, event_id, body = row
    return Claim(attempt, number, event_id, bytes(body))


def move_on(schedule: Schedule) -> bool:
    """Set the next time of a schedule that is due. Returns False if it is not due, or another worker was first."""
    now, step = timezone.now(), timedelta(minutes=schedule.every_minutes)
    if now < schedule.next_at <= now + step:
        return False
    # After the clock was put back, the next time can be far away: the schedule begins anew.
    next_at = (
        now + step
        if schedule.next_at > now
        else schedule.next_at + step * ((now - schedule.next_at) // step + 1)
    )
    due = Schedule.objects.filter(pk=schedule.pk, ended_at=None, next_at=schedule.next_at)
    return due.update(next_at=next_at) == 1
