"""Finds jobs that are neither queued nor running because a process died, and queues them again."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import DatabaseError
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from asora.jobs import queue
from asora.jobs.locking import is_locked
from asora.jobs.models import UNFINISHED, Job
from asora.kernel import binding
from plans.models import Tenant

log = structlog.get_logger(__name__)

#: A younger job may not have reached the queue yet.
YOUNG = timedelta(seconds=15)


def sweep() -> int:
    """Queue all unfinished jobs that no worker is running. Returns their number. Safe to call at any time."""
    with schema_context(binding.PUBLIC):
        queue.forget_abandoned()
        tenants = list(Tenant.objects.customers().reachable())
    return sum(_sweep(tenant) for tenant in tenants)


def _sweep(tenant: Tenant) -> int:
    """Sweep one tenant. An error is logged and does not stop the sweep of other tenants; the next sweep tries again."""
    handed = 0
    try:
        with tenant_context(tenant):
            left = Job.objects.filter(state__in=UNFINISHED, created_at__lt=timezone.now() - YOUNG)
            for job in left.order_by("created_at"):
                if not is_locked(job.pk):
                    queue.enqueue(tenant, job)
                    handed += 1
    except DatabaseError:
        log.exception("jobs could not be swept", tenant=tenant.slug)
    return handed
