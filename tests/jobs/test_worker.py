"""The worker as a separate process: it runs jobs, and leaves nothing half done when it is killed."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from asora.jobs import queue, stopping
from asora.jobs.actions import request_job
from asora.jobs.locking import is_locked
from asora.jobs.management.commands.work import _work
from asora.jobs.models import Job
from audit.events.models import Event
from ledger.exports.requests import EXPORT_JOB
from ledger.models import Export, VerificationRun
from ledger.proof import nightly
from plans.models import Tenant
from tests.commands import REPOSITORY, environment
from tests.factories import people
from tests.factories.master_data import make_master_data
from tests.ledger.report_fixtures import export_request, name_items, post_three_deliveries

PATIENCE = 120  # seconds until what was started must have happened


@pytest.fixture
def job(committed_tenant: Callable[..., Tenant]) -> Job:
    """An export that is too long for a request, requested by a manager of a throw-away tenant."""
    tenant = committed_tenant()
    master_data = make_master_data()
    name_items(master_data)
    act = people.act_of(people.person("manager", tenant), tenant)
    post_three_deliveries(act, master_data)
    arguments = export_request(act).as_job(most=1)
    assert arguments is not None
    return request_job(act, kind=EXPORT_JOB, label="Stock on hand", arguments=arguments)


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """`start("--until-idle")`: a worker on the tests' database."""
    started = []

    def begin(*options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "work", *options]
        started.append(subprocess.Popen(command, cwd=REPOSITORY, env=environment()))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


def test_it_runs_jobs_and_stops_on_a_signal(job, start):
    worker = start()
    wait_until(lambda: Job.objects.get().is_finished)
    assert Job.objects.get().state == "done"
    assert Export.objects.count() == 1
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE) == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.procrastinate_jobs WHERE task_name = 'asora.jobs.run'")
        assert cursor.fetchone() == (0,)


def test_what_a_killed_worker_left_is_done_once_by_the_next(job, start):
    first = start()
    with transaction.atomic():
        with connection.cursor() as cursor:  # in the midst of its transaction it has to wait for us
            cursor.execute("LOCK TABLE ledger_export IN ACCESS EXCLUSIVE MODE")
        wait_until(lambda: Job.objects.get().state == "running")
        first.kill()
        first.wait()
    wait_until(lambda: not is_locked(job.pk))
    left = Job.objects.get()
    assert (left.state, left.attempts) == ("running", 1)
    assert not Export.objects.exists()
    Job.objects.update(created_at=timezone.now() - timedelta(minutes=1))  # no longer young

    assert start("--until-idle").wait(PATIENCE) == 0
    left.refresh_from_db()
    assert (left.state, left.attempts) == ("done", 2)
    assert Export.objects.count() == 1


def test_it_proves_the_ledgers_that_are_due(committed_tenant, start):
    tenant = committed_tenant()
    assert nightly.PROOFS.enqueue(tenant)
    assert start("--until-idle").wait(PATIENCE) == 0
    connection.set_tenant(tenant)
    assert VerificationRun.objects.get().is_proved
    event = Event.objects.get(action="ledger.verification.record")
    assert (event.actor_type, event.actor_ref) == ("system", "nightly_proof")


class HalfBroken:
    """An application whose worker of one queue loses its database, while that of the other one is idle."""

    def __init__(self, broken: str) -> None:
        self.broken = broken
        self.stopped: list[str] = []

    @asynccontextmanager
    async def open_async(self) -> AsyncIterator[None]:
        yield

    async def run_worker_async(self, *, queues: list[str], **_options: Any) -> None:
        if queues == [self.broken]:
            raise OSError("the database is away")
        try:
            await asyncio.sleep(3600)
        finally:
            self.stopped += queues


@pytest.mark.parametrize(("broken", "idle"), [(queue.DEFAULT, queue.SENDING), (queue.SENDING, queue.DEFAULT)])
def test_it_ends_when_one_of_its_two_workers_does(broken, idle, monkeypatch):
    """The process looked alive, and no job of one queue was started again."""
    monkeypatch.setattr(stopping, "begin", lambda: None)
    half = HalfBroken(broken)

    async def work() -> None:
        working = asyncio.create_task(_work(half, at_once=2, wait=True))
        ended, _ = await asyncio.wait({working}, timeout=20)
        assert ended
        with pytest.raises(OSError, match="the database is away"):
            await working

    asyncio.run(work())
    assert half.stopped == [idle]
