"""The queue in public. It holds names of tenants and jobs, and nothing of what they are about."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

import structlog
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import schema_context
from procrastinate import exceptions
from procrastinate.contrib.django import app

from asora.jobs.models import Job
from asora.kernel import binding
from asora.kernel.act import Tenancy

#: Workers are heard every ten seconds; one that was not heard for so long (in seconds) is gone.
SILENT = 60

log = structlog.get_logger(__name__)


def hand_over(tenant: Tenancy, job: Job) -> None:
    """Put a job into the queue, unless it is waiting there already. Never fails: the sweep makes up for it."""
    named = {"schema": tenant.schema_name, "job": str(job.pk)}
    # By name: the tasks import what hands jobs over, so this module cannot import the tasks.
    queued = app.configure_task("asora.jobs.run", queueing_lock=f"{tenant.schema_name}:{job.pk}")
    try:
        with (
            schema_context(binding.PUBLIC),
            contextlib.suppress(exceptions.AlreadyEnqueued),
            transaction.atomic(durable=True),
        ):
            queued.defer(**named)
    except (DatabaseError, exceptions.ConnectorException):
        log.exception("not handed over", **named)


def forget_abandoned() -> None:
    """Remove what a worker had taken out of the queue when it died; procrastinate leaves it there for ever."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM public.procrastinate_jobs WHERE status = 'doing' AND worker_id IS NULL")


class Standing(NamedTuple):
    """How the queue stands: workers that were heard in the last minute, and jobs of all tenants that wait for one."""

    workers: int
    waiting: int


def standing() -> Standing:
    """How the queue stands now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM public.procrastinate_workers
                    WHERE last_heartbeat > now() - make_interval(secs => %s)),
                   (SELECT count(*) FROM public.procrastinate_jobs
                    WHERE status = 'todo' AND task_name = 'asora.jobs.run')
            """,
            [SILENT],
        )
        return Standing(*cursor.fetchone())
