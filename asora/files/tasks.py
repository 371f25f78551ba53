"""What the worker does for uploads without being asked: once an hour it forgets the old ones."""

from __future__ import annotations

import io

from django.core.management import call_command
from procrastinate.contrib.django import app


@app.periodic(cron="7 * * * *")
@app.task(name="asora.uploads.forget", queueing_lock="asora.uploads.forget")
def forget(timestamp: int) -> None:
    """Forget files that were sent more than a day ago, at every tenant."""
    call_command("clear_uploads", stdout=io.StringIO())
