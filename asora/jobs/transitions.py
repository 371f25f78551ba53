"""What the worker notes of a job: begun, how far, ended. It is told to the page; the effect is an action's, audited.

Only the latest attempt may note. A worker can lose its lock and not know it: its work goes on while another begins the
job again, and what becomes of the first says nothing of the second.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from asora.jobs.models import UNFINISHED, Job, State


def begin(job: Job) -> None:
    """Note that a worker has taken it, for the first time or once more."""
    job.attempts += 1
    Job.objects.filter(pk=job.pk, state__in=UNFINISHED).update(
        state=State.RUNNING, attempts=job.attempts, started_at=timezone.now(), phase="", done=0, total=0
    )


def take(job: Job, rights: Mapping[str, Any]) -> None:
    """Note the rights that it is done with, before anything comes of it."""
    Job.objects.filter(pk=job.pk, state__in=UNFINISHED, attempts=job.attempts).update(rights=rights)


def reach(cursor: Any, job: UUID, *, phase: str, done: int, total: int) -> None:
    """Note how far it is, on a connection that is not in the work's transaction: the one that holds the lock."""
    cursor.execute(
        "UPDATE jobs_job SET phase = %s, done = %s, total = %s WHERE id = %s AND state = 'running'",
        [phase, done, total, job],
    )


def end(job: Job, state: State, **told: Any) -> None:
    """Note what came of it: `result` or `refusal`. An end is final."""
    Job.objects.filter(pk=job.pk, state__in=UNFINISHED, attempts=job.attempts).update(
        state=state, finished_at=timezone.now(), phase="", **told
    )
