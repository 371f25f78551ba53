"""What the worker does for sign-ins without being asked: once an hour it forgets old sessions and traces."""

from __future__ import annotations

import io

from django.core.management import call_command
from procrastinate.contrib.django import app


@app.periodic(cron="37 * * * *")
@app.task(name="asora.accounts.forget", queueing_lock="asora.accounts.forget")
def forget(timestamp: int) -> None:
    """Forget sessions that ended long ago and traces of sign-ins older than three months, on every host."""
    call_command("clear_sessions", stdout=io.StringIO())
