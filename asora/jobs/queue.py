"""The queue in the public schema. It contains only names of tenants and ids of jobs, no data of the tenants."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

import structlog
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import schema_context
from procrastinate import exceptions
from procrastinate.contrib.django import app

from asora.jobs.kinds import KINDS
from asora.jobs.models import Job
from asora.kernel import binding
from asora.kernel.act import Tenancy

#: The queue of most jobs, and that of jobs that wait for other companies' systems.
DEFAULT, SENDING = "default", "sending"
#: Workers report every ten seconds; a worker without a report for this many seconds is gone.
SILENT = 60

log = structlog.get_logger(__name__)


def enqueue(tenant: Tenancy, job: Job) -> None:
    """Queue a job, unless it is already queued. Never fails: the sweep queues what is missing."""
    named = {"schema": tenant.schema_name, "job": str(job.pk)}
    # By name: the tasks import what hands jobs over, so this module cannot import the tasks.
    queued = app.configure_task(
        "asora.jobs.run", queue=KINDS[job.kind].queue, queueing_lock=f"{tenant.schema_name}:{job.pk}"
    )
    try:
        with (
            schema_context(binding.PUBLIC),
            contextlib.suppress(exceptions.AlreadyEnqueued),
            transaction.atomic(durable=True),
        ):
            queued.defer(**named)
    except (DatabaseError, exceptions.ConnectorException):
        log.exception("a job could not be queued", **named)


def forget_abandoned() -> None:
    """Remove queue entries of workers that died; procrastinate never removes them."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM public.procrastinate_jobs WHERE status = 'doing' AND worker_id IS NULL")


class QueueState(NamedTuple):
    """The state of the queue: worker processes that reported in the last minute, and waiting jobs of all tenants."""

    workers: int
    waiting: int


def state() -> QueueState:
    """The present state of the queue."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT (count(*) + 1) / 2 FROM public.procrastinate_workers  -- each process reports twice
                    WHERE last_heartbeat > now() - make_interval(secs => %s)),
                   (SELECT count(*) FROM public.procrastinate_jobs
                    WHERE status = 'todo' AND task_name = 'asora.jobs.run')
            """,
            [SILENT],
        )
        return QueueState(*cursor.fetchone())
