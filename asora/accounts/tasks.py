"""The worker's hourly task for sign-ins: it deletes old sessions and sign-in attempts."""

from __future__ import annotations

import io

from django.core.management import call_command
from procrastinate.contrib.django import app


@app.periodic(cron="37 * * * *")
@app.task(name="asora.accounts.forget", queueing_lock="asora.accounts.forget")
def forget(timestamp: int) -> None:
    """Delete sessions that ended long ago and sign-in attempts older than three months, on every host."""
    call_command("clear_sessions", stdout=io.StringIO())
