"""The proof of every ledger that nobody has to ask for: once a night, and by day where a night was missed.

The worker hands over one proof per tenant, and does them one after the other behind whatever people wait for.
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
from asora.kernel.act import new_act, system
from ledger.models import VerificationRun
from ledger.proof.actions import record_verification
from ledger.proof.verification import verify
from plans.models import Tenant

log = structlog.get_logger(__name__)

#: The task that proves one ledger.
PROVE = "asora.ledger.prove"
#: Hours of the day, in UTC, at which little else is done.
NIGHT = range(1, 5)
#: A younger proof is last night's or this one's, whoever asked for it: nothing to do.
FRESH = timedelta(hours=20)
#: An older one has missed a night (nobody worked then), and is made good at any hour.
MISSED = timedelta(hours=30)
#: Behind everything that somebody waits for, and one ledger at a time.
PRIORITY, ONE_AT_A_TIME = -10, "asora.ledger.prove"


def hand_over_due() -> int:
    """Hand over the proof of each ledger that is due now; returns how many. Safe to do at any time."""
    now = timezone.now()
    due = FRESH if now.hour in NIGHT else MISSED
    with schema_context(binding.PUBLIC):
        tenants = list(Tenant.objects.customers().reachable().order_by("slug"))
    return sum(hand_over(tenant) for tenant in tenants if _is_older(tenant, now - due))


def hand_over(tenant: Tenant) -> bool:
    """Put the proof of one ledger into the queue, unless it waits there already. Never fails: the next hour may."""
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
        log.exception("a proof was not handed over", tenant=tenant.slug)
        return False
    return True


def prove(schema: str) -> VerificationRun | None:
    """Prove one ledger and keep what was found; nothing where that was done while it waited, or the tenant is gone."""
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
        )  # its proof stays overdue, and the next one has its turn
        return None
    finally:
        structlog.contextvars.clear_contextvars()


def _prove(tenant: Tenant) -> VerificationRun:
    permitted = system(tenant.schema_name, "nightly_proof", "ledger.report")
    act = new_act(tenant, permitted, route=f"TASK {PROVE}")
    structlog.contextvars.bind_contextvars(request_id=act.request_id)
    started_at = timezone.now()
    checks = list(verify())
    run = record_verification(act, started_at=started_at, checks=checks)
    if not run.is_proved:
        log.error("a ledger does not hold", broken=[check.name for check in checks if check.broken])
    return run


def _is_older(tenant: Tenant, moment: datetime) -> bool:
    """Whether the last proof of a ledger is from before a moment, or there is none. Who cannot be asked has to wait."""
    try:
        with tenant_context(tenant), transaction.atomic():
            return not VerificationRun.objects.filter(finished_at__gte=moment).exists()
    except DatabaseError:
        log.exception("the last proof could not be read", tenant=tenant.slug)
        return False
