"""`manage.py work`: the worker that does what takes longer than a request. Any number of them may run."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app

from asora.jobs import sweeping


class Command(BaseCommand):
    help = "Do long work (big imports and exports, proofs) as it is ordered, until it is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How much at once, and whether to stop when nothing is left."""
        parser.add_argument("--at-once", type=int, default=2, help="jobs that are done side by side")
        parser.add_argument("--until-idle", action="store_true", help="stop when the queue is empty")

    def handle(self, *args: Any, **options: Any) -> None:
        """Pick up what a crash left, then wait for orders. A stop lets what is under way end, for ten seconds."""
        sweeping.sweep()
        with app.replace_connector(app.connector.get_worker_connector()) as ours:  # type: ignore[attr-defined]
            asyncio.run(_work(ours, at_once=options["at_once"], wait=not options["until_idle"]))


async def _work(ours: Any, *, at_once: int, wait: bool) -> None:
    async with ours.open_async():
        await ours.run_worker_async(
            concurrency=at_once,
            wait=wait,
            delete_jobs="always",  # what came of a job, its tenant keeps
            shutdown_graceful_timeout=10,
        )
