"""The worker's hourly task for integrations: it deletes old payloads."""

from __future__ import annotations

import io

from django.core.management import call_command
from procrastinate.contrib.django import app


@app.periodic(cron="47 * * * *")
@app.task(name="asora.integrations.clear_payloads", queueing_lock="asora.integrations.clear_payloads")
def clear_payloads(timestamp: int) -> None:
    """Delete payloads older than the installation keeps them, in every tenant."""
    call_command("clear_payloads", stdout=io.StringIO())
