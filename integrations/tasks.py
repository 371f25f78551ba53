"""The worker's tasks for integrations: schedules and interrupted dispatches every minute, old payloads every hour."""

from __future__ import annotations

import io

from django.core.management import call_command
from procrastinate.contrib.django import app

from integrations.dispatch import due

LOOK = "asora.integrations.look_after_dispatches"


@app.periodic(cron="47 * * * *")
@app.task(name="asora.integrations.clear_payloads", queueing_lock="asora.integrations.clear_payloads")
def clear_payloads(timestamp: int) -> None:
    """Delete payloads older than the installation keeps them, in every tenant."""
    call_command("clear_payloads", stdout=io.StringIO())


@app.periodic(cron="* * * * *")
@app.task(name=LOOK, queueing_lock=LOOK)
def look_after_dispatches(timestamp: int) -> None:
    """Enqueue the schedules that are due, and close dispatches whose sender died."""
    due.look()


@app.task(name=due.RUN)
def run_schedule(*, schema: str, schedule: str) -> None:
    """Run one schedule of one tenant."""
    due.run(schema, schedule)
