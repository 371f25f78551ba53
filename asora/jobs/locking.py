"""A second connection of the worker: it holds the lock of the running job and writes the job's progress.

The lock belongs to the session, not to a transaction: it stays through all transactions of the action and is released
at once if the worker dies. That is how a crash is distinguished from long work.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection, connections

from asora.jobs import transitions
from asora.kernel import binding, locks

PAUSE = 0.4  # seconds between two progress updates of the same phase: the page reloads every second


class LockedJob:
    """The connection that holds the lock. Called as a progress listener, it writes the progress of the job."""

    def __init__(self, database: Any, job: UUID) -> None:
        self._database = database
        self._job = job
        self._written: tuple[str, float] = ("", 0.0)

    def __call__(self, phase: str, done: int, total: int) -> None:
        """Write the progress, unless it was written a moment ago."""
        before, moment = self._written
        now = time.monotonic()
        if phase == before and now - moment < PAUSE:
            return
        self._written = (phase, now)
        with self._database.cursor() as cursor:
            transitions.reach(cursor, self._job, phase=phase, done=done, total=total)


@contextmanager
def job_lock(job: UUID) -> Iterator[LockedJob | None]:
    """Hold the lock of a job of the bound tenant. Gives None if another worker holds it."""
    database: Any = connections.create_connection("default")
    # Use the settings of the present connection, not those of the alias: tests point it to another database.
    database.settings_dict = connection.settings_dict
    try:
        database.set_tenant(binding.tenant())
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_key(job)])
            (is_ours,) = cursor.fetchone()
        yield LockedJob(database, job) if is_ours else None
    finally:
        database.close()


def is_locked(job: UUID) -> bool:
    """Returns True if a worker holds the lock of a job of the bound tenant."""
    with job_lock(job) as locked:
        return locked is None


def _key(job: UUID) -> int:
    return locks.key("job", f"{binding.schema_name()}:{job}")
