"""The check of all seals: once a night, and whenever somebody asks for it. One tenant at a time, behind other jobs."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone
from django_tenants.utils import get_tenant_model, schema_context, tenant_context
from procrastinate import exceptions
from procrastinate.contrib.django import app

from asora.kernel import binding
from asora.kernel.act import Tenancy, new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from audit.seals.actions import record_check
from audit.seals.checking import check_schema
from audit.seals.models import SealCheck

log = structlog.get_logger(__name__)

#: The task that checks the seals of one tenant.
CHECK = "asora.audit.check_seals"
#: Hours of the day, in UTC, at which the load is low.
NIGHT = range(1, 5)
#: A younger check counts for this night.
FRESH = timedelta(hours=20)
#: An older check means that a night was missed (no worker ran), so it is due at any hour.
MISSED = timedelta(hours=30)
PRIORITY, ONE_AT_A_TIME = -10, "asora.audit.check_seals"


def enqueue_due() -> int:
    """Enqueue the check of each tenant, and of public, that is due now; returns how many."""
    now = timezone.now()
    due = FRESH if now.hour in NIGHT else MISSED
    with schema_context(binding.PUBLIC):
        tenants = list(get_tenant_model().objects.reachable().order_by("slug"))
    return sum(enqueue(tenant) for tenant in tenants if _is_older(tenant, now - due))


def enqueue(tenant: Tenancy) -> bool:
    """Enqueue the check of one tenant, unless it is queued already. An error is logged; the next hour tries again."""
    name = tenant.schema_name
    # By name: the task imports this module.
    queued = app.configure_task(
        CHECK, priority=PRIORITY, lock=ONE_AT_A_TIME, queueing_lock=f"{ONE_AT_A_TIME}:{name}"
    )
    try:
        with schema_context(binding.PUBLIC), transaction.atomic(durable=True):
            queued.defer(schema=name)
    except exceptions.AlreadyEnqueued:
        return False
    except (DatabaseError, exceptions.ConnectorException):
        log.exception("a check of seals was not enqueued", tenant=tenant.slug)
        return False
    return True


def check(schema: str) -> SealCheck | None:
    """Check the seals of one tenant and record the result; None if the tenant is gone or an error stopped it."""
    with schema_context(binding.PUBLIC):
        tenant = get_tenant_model().objects.reachable().filter(schema_name=schema).first()
    if tenant is None:
        return None
    structlog.contextvars.bind_contextvars(tenant=tenant.slug)
    try:
        with tenant_context(tenant):
            return _check(tenant)
    except Exception:
        log.exception("seals could not be checked")  # the check stays overdue; the others must still be made
        return None
    finally:
        structlog.contextvars.clear_contextvars()


def _check(tenant: Tenancy) -> SealCheck:
    started_at = timezone.now()
    checks = list(check_schema())
    permitted = system(tenant.schema_name, "nightly_seal_check", Permission.AUDIT_VIEW)
    act = new_act(tenant, permitted, route=f"TASK {CHECK}")
    result = record_check(act, started_at=started_at, checks=checks)
    if not result.is_intact:
        log.error("seals are not intact", streams=[check.stream for check in checks if not check.is_intact])
    return result


def _is_older(tenant: Tenancy, moment: datetime) -> bool:
    """Whether the last check is from before a moment, or there is none. No if it cannot be read."""
    try:
        with tenant_context(tenant), transaction.atomic():
            return not SealCheck.objects.filter(finished_at__gte=moment).exists()
    except DatabaseError:
        log.exception("the last check of seals could not be read", tenant=tenant.slug)
        return False
