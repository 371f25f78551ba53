"""Jobs that nobody is doing although they were ordered: the worker was killed, or died before it heard of them."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from asora.jobs import queue
from asora.jobs.alone import is_being_run
from asora.jobs.models import UNFINISHED, Job
from asora.kernel import binding
from plans.models import Tenant

#: An order that is younger may still be on its way to the queue, or waits there for its turn.
YOUNG = timedelta(seconds=15)


def sweep() -> int:
    """Hand over again what is unfinished and held by no worker; returns how many. Safe to do at any time."""
    with schema_context(binding.PUBLIC):
        queue.forget_abandoned()
        tenants = list(Tenant.objects.exclude(schema_name=binding.PUBLIC))
    handed = 0
    for tenant in tenants:
        with tenant_context(tenant):
            left = Job.objects.filter(state__in=UNFINISHED, created_at__lt=timezone.now() - YOUNG)
            for job in left.order_by("created_at"):
                if not is_being_run(job.pk):
                    queue.hand_over(tenant, job)
                    handed += 1
    return handed
