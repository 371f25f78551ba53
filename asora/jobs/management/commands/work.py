"""`manage.py work`: the worker that runs background jobs. Any number of workers may run."""

from __future__ import annotations

import asyncio
import signal
from argparse import ArgumentParser
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app

from asora.jobs import queue, stopping, sweeping

SIGNALS = (signal.SIGINT, signal.SIGTERM)

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
    """Run two workers, so that jobs that wait for slow receivers hold up no others.

    If one of them ends, for example because it lost the database, so does the other one. A supervisor starts both.
    """
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(at_once + SENDING_AT_ONCE))  # each job runs in a thread
    options = {
        "wait": wait,
        "delete_jobs": "always",  # the result of a job is stored in its tenant
        "shutdown_graceful_timeout": 10,
        "install_signal_handlers": False,
    }
    async with ours.open_async():
        own = ours.run_worker_async(queues=[queue.DEFAULT], concurrency=at_once, **options)
        sending = ours.run_worker_async(queues=[queue.SENDING], concurrency=SENDING_AT_ONCE, **options)
        if not wait:
            await own
            await sending
            return
        workers = _Workers(own, sending)
        for number in SIGNALS:
            loop.add_signal_handler(number, workers.stop)
        await workers.ended()


class _Workers:
    """Workers that stop together."""

    def __init__(self, *running: Coroutine[Any, Any, None]) -> None:
        self._tasks = [asyncio.create_task(each) for each in running]
        self._is_stopping = False

    def stop(self) -> None:
        """Let all of them finish what they run and take no new jobs. A second signal ends the process at once."""
        if self._is_stopping:
            return
        self._is_stopping = True
        stopping.begin()
        for number in SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)
        for task in self._tasks:
            task.cancel()

    async def ended(self) -> None:
        """Wait until all have ended. Raises the error of one that failed."""
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        self.stop()
        for result in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result
