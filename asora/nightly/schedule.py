"""Nightly work: one run per tenant and night, one after the other, and by day if a night was missed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context
from procrastinate import exceptions
from procrastinate.contrib.django import app

from asora.kernel import binding
from asora.kernel.act import Tenancy
from asora.kernel.shapes import Rows

log = structlog.get_logger(__name__)

#: Hours of the day, in UTC, at which the load is low.
NIGHT = range(1, 5)
#: A younger result counts for this night, no matter who asked for it.
FRESH = timedelta(hours=20)
#: An older result means that a night was missed (no worker ran), so the work is due at any hour.
MISSED = timedelta(hours=30)
#: Behind every job that somebody waits for.
PRIORITY = -10

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NightlyWork(Generic[T]):
    """One kind of nightly work.

    `task`: the name of its task, which is also the lock that lets one tenant run at a time. `tenants`: the tenants that
    it concerns; called while public is bound. `has_result_since`: whether the bound tenant has a result since a moment.
    `work`: does it for the bound tenant and stores the result.
    """

    task: str
    tenants: Callable[[], Rows]
    has_result_since: Callable[[datetime], bool]
    work: Callable[[Tenancy], T]

    def enqueue_due(self) -> int:
        """Enqueue the work of each tenant that is due now; returns how many. Safe to call at any time."""
        now = timezone.now()
        due = FRESH if now.hour in NIGHT else MISSED
        with schema_context(binding.PUBLIC):
            tenants = list(self.tenants().order_by("slug"))
        return sum(self.enqueue(tenant) for tenant in tenants if self.is_due(tenant, now - due))

    def enqueue(self, tenant: Tenancy) -> bool:
        """Enqueue the work of one tenant, unless it is queued. An error is logged; the next hour tries again."""
        queued = app.configure_task(
            self.task, priority=PRIORITY, lock=self.task, queueing_lock=f"{self.task}:{tenant.schema_name}"
        )
        try:
            with schema_context(binding.PUBLIC), transaction.atomic(durable=True):
                queued.defer(schema=tenant.schema_name)
        except exceptions.AlreadyEnqueued:
            return False
        except (DatabaseError, exceptions.ConnectorException):
            log.exception("nightly work was not enqueued", work=self.task, tenant=tenant.slug)
            return False
        return True

    def run(self, schema: str) -> T | None:
        """Do the work of one tenant; None if the tenant is gone or an error stopped it."""
        with schema_context(binding.PUBLIC):
            tenant: Tenancy | None = self.tenants().filter(schema_name=schema).first()
        if tenant is None:
            return None
        structlog.contextvars.bind_contextvars(tenant=tenant.slug)
        try:
            with tenant_context(tenant):
                return self.work(tenant)
        except Exception:
            # It stays overdue; the other tenants must still get theirs.
            log.exception("nightly work failed", work=self.task)
            return None
        finally:
            structlog.contextvars.clear_contextvars()

    def is_due(self, tenant: Tenancy, moment: datetime) -> bool:
        """Returns True if a tenant has no result since a moment. False if its results cannot be read."""
        try:
            with tenant_context(tenant), transaction.atomic():
                return not self.has_result_since(moment)
        except DatabaseError:
            log.exception("the last result could not be read", work=self.task, tenant=tenant.slug)
            return False
