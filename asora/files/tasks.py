"""The worker's periodic task for uploads: deletes old files every hour."""

from __future__ import annotations

import io

from django.core.management import call_command
from procrastinate.contrib.django import app


@app.periodic(cron="7 * * * *")
@app.task(name="asora.uploads.forget", queueing_lock="asora.uploads.forget")
def forget(timestamp: int) -> None:
    """Delete uploaded files that are more than a day old, in every tenant."""
    call_command("clear_uploads", stdout=io.StringIO())
