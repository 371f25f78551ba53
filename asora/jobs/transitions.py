"""State transitions of a job: start, progress, finish. They are only for the page; the action itself is audited.

Only the latest attempt may change the job. A worker can lose its lock without noticing and continue its work while
another worker starts the job again; the result of the first attempt must not overwrite that of the second.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from asora.jobs.models import UNFINISHED, Job, State
from asora.kernel.shapes import ReadOnlyValues


def begin(job: Job) -> None:
    """Mark a job as running and count the attempt."""
    job.attempts += 1
    Job.objects.filter(pk=job.pk, state__in=UNFINISHED).update(
        state=State.RUNNING, attempts=job.attempts, started_at=timezone.now(), phase="", done=0, total=0
    )


def take(job: Job, rights: ReadOnlyValues) -> None:
    """Store the rights with which the job runs, before the work starts."""
    Job.objects.filter(pk=job.pk, state__in=UNFINISHED, attempts=job.attempts).update(rights=rights)


def reach(cursor: CursorWrapper, job: UUID, *, phase: str, done: int, total: int) -> None:
    """Write the progress, on the connection that holds the lock: it is outside the work's transaction."""
    cursor.execute(
        "UPDATE jobs_job SET phase = %s, done = %s, total = %s WHERE id = %s AND state = 'running'",
        [phase, done, total, job],
    )


def end(job: Job, state: State, **outcome: Any) -> None:
    """Finish a job with its `result` or `refusal`. This is final."""
    Job.objects.filter(pk=job.pk, state__in=UNFINISHED, attempts=job.attempts).update(
        state=state, finished_at=timezone.now(), phase="", **outcome
    )
