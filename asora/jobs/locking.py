"""One connection beside the worker's own: it holds the lock that says a job is being run, and tells how far it is.

The lock belongs to the session and not to a transaction, so it is there as long as the worker lives, through all
transactions of the action, and is gone the moment the worker is: that is how a crash is told from long work.
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

PAUSE = 0.4  # seconds between two notes of the same phase: a page asks once a second


class Beside:
    """The connection while it holds the lock; called as a listener, it notes the progress of the job."""

    def __init__(self, database: Any, job: UUID) -> None:
        self._database = database
        self._job = job
        self._said: tuple[str, float] = ("", 0.0)

    def __call__(self, phase: str, done: int, total: int) -> None:
        """Note where the work is, unless that was noted a moment ago."""
        before, moment = self._said
        now = time.monotonic()
        if phase == before and now - moment < PAUSE:
            return
        self._said = (phase, now)
        with self._database.cursor() as cursor:
            transitions.reach(cursor, self._job, phase=phase, done=done, total=total)


@contextmanager
def alone_with(job: UUID) -> Iterator[Beside | None]:
    """Hold the lock of a job of the bound tenant; None when somebody else holds it."""
    database: Any = connections.create_connection("default")
    # Not the alias's settings: whoever pointed the default connection elsewhere means all of them.
    database.settings_dict = connection.settings_dict
    try:
        database.set_tenant(binding.tenant())
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_key(job)])
            (is_held,) = cursor.fetchone()
        yield Beside(database, job) if is_held else None
    finally:
        database.close()


def is_being_run(job: UUID) -> bool:
    """Whether some worker holds the lock of a job of the bound tenant."""
    with alone_with(job) as beside:
        return beside is None


def _key(job: UUID) -> int:
    return locks.key("job", f"{binding.schema_name()}:{job}")
