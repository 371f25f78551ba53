"""The automatic proof of every ledger: once a night, and by day if a night was missed.

The worker enqueues one proof per tenant, and runs them one after the other, behind the jobs that people wait for.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context
from procrastinate import exceptions
from procrastinate.contrib.django import app

from asora.kernel import binding
from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from ledger.models import VerificationRun
from ledger.proof.actions import record_verification
from ledger.proof.verification import verify
from plans.models import Tenant

log = structlog.get_logger(__name__)

#: The task that proves one ledger.
PROVE = "asora.ledger.prove"
#: Hours of the day, in UTC, at which the load is low.
NIGHT = range(1, 5)
#: A younger proof counts for this night, no matter who requested it.
FRESH = timedelta(hours=20)
#: An older proof means that a night was missed (no worker ran), so it is due at any hour.
MISSED = timedelta(hours=30)
#: Behind every job that somebody waits for, and one ledger at a time.
PRIORITY, ONE_AT_A_TIME = -10, "asora.ledger.prove"


def enqueue_due() -> int:
    """Enqueue the proof of each ledger that is due now; returns how many. Safe to call at any time."""
    now = timezone.now()
    due = FRESH if now.hour in NIGHT else MISSED
    with schema_context(binding.PUBLIC):
        tenants = list(Tenant.objects.customers().reachable().order_by("slug"))
    return sum(enqueue(tenant) for tenant in tenants if _is_older(tenant, now - due))


def enqueue(tenant: Tenant) -> bool:
    """Enqueue the proof of one ledger, unless it is queued already. An error is logged; the next hour tries again."""
    name = tenant.schema_name
    # By name: the task imports this module.
    queued = app.configure_task(
        PROVE, priority=PRIORITY, lock=ONE_AT_A_TIME, queueing_lock=f"{ONE_AT_A_TIME}:{name}"
    )
    try:
        with schema_context(binding.PUBLIC), transaction.atomic(durable=True):
            queued.defer(schema=name)
    except exceptions.AlreadyEnqueued:
        return False
    except (DatabaseError, exceptions.ConnectorException):
        log.exception("a proof was not enqueued", tenant=tenant.slug)
        return False
    return True


def prove(schema: str) -> VerificationRun | None:
    """Prove one ledger and record the result, unless it was proved while the job waited or the tenant is gone."""
    with schema_context(binding.PUBLIC):
        tenant = Tenant.objects.customers().reachable().filter(schema_name=schema).first()
    if tenant is None or not _is_older(tenant, timezone.now() - FRESH):
        return None
    structlog.contextvars.bind_contextvars(tenant=tenant.slug)
    try:
        with tenant_context(tenant):
            return _prove(tenant)
    except Exception:
        log.exception(
            "a ledger could not be proved"
        )  # its proof stays overdue; the other ledgers must still be proved
        return None
    finally:
        structlog.contextvars.clear_contextvars()


def _prove(tenant: Tenant) -> VerificationRun:
    permitted = system(tenant.schema_name, "nightly_proof", Permission.LEDGER_REPORT)
    act = new_act(tenant, permitted, route=f"TASK {PROVE}")
    structlog.contextvars.bind_contextvars(request_id=act.request_id)
    started_at = timezone.now()
    checks = list(verify())
    run = record_verification(act, started_at=started_at, checks=checks)
    if not run.is_proved:
        log.error("a ledger is not proved", broken=[check.name for check in checks if check.broken])
    return run


def _is_older(tenant: Tenant, moment: datetime) -> bool:
    """Whether the last proof of a ledger is from before a moment, or there is none. No if it cannot be read."""
    try:
        with tenant_context(tenant), transaction.atomic():
            return not VerificationRun.objects.filter(finished_at__gte=moment).exists()
    except DatabaseError:
        log.exception("the last proof could not be read", tenant=tenant.slug)
        return False
