"""`manage.py work`: the worker that runs background jobs. Any number of workers may run."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app

from asora.jobs import sweeping


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
    async with ours.open_async():
        await ours.run_worker_async(
            concurrency=at_once,
            wait=wait,
            delete_jobs="always",  # the result of a job is stored in its tenant
            shutdown_graceful_timeout=10,
        )
