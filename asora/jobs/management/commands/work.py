"""`manage.py work`: the worker that runs background jobs. Any number of workers may run."""

from __future__ import annotations

import asyncio
import contextlib
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app

from asora.jobs import queue, stopping, sweeping

#: Jobs that wait for other companies' systems, which run beside the others. They wait most of the time.
SENDING_AT_ONCE = 3


class Command(BaseCommand):
    help = "Run background jobs (large imports and exports, ledger checks) until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The number of parallel jobs, and whether to stop when the queue is empty."""
        parser.add_argument("--at-once", type=int, default=2, help="number of jobs that run in parallel")
        parser.add_argument("--until-idle", action="store_true", help="stop when the queue is empty")

    def handle(self, *args: object, **options: Any) -> None:
        """Queue jobs that a crash left over, then run jobs. When stopped, running jobs get ten seconds to finish."""
        sweeping.sweep()
        with app.replace_connector(app.connector.get_worker_connector()) as ours:  # type: ignore[attr-defined]
            asyncio.run(_work(ours, at_once=options["at_once"], wait=not options["until_idle"]))


async def _work(ours: Any, *, at_once: int, wait: bool) -> None:
    """Run two workers, so that jobs that wait for slow receivers hold up no others."""
    options = {
        "wait": wait,
        "delete_jobs": "always",  # the result of a job is stored in its tenant
        "shutdown_graceful_timeout": 10,
    }
    async with ours.open_async():
        own = ours.run_worker_async(queues=[queue.DEFAULT], concurrency=at_once, **options)
        sending = ours.run_worker_async(
            queues=[queue.SENDING], concurrency=SENDING_AT_ONCE, install_signal_handlers=False, **options
        )
        if not wait:
            await own
            await sending
            return
        beside = asyncio.create_task(sending)
        try:
            await own  # until a signal stops it
        finally:
            stopping.begin()
            beside.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beside
