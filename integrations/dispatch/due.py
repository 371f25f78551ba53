"""What the worker does every minute: run the schedules that are due, and close dispatches whose sender died.

A run acts as the person who set the schedule, with that person's present rights, and sends only payloads that were
never tried. If the person has lost the permission, the schedule is ended, with one event. A run that may not send now
(a freeze, a disabled or paused endpoint, another dispatch) or has nothing to send leaves no trace: the next one comes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context
from procrastinate import exceptions
from procrastinate.contrib.django import app

from asora.accounts.models import User
from asora.accounts.sign_in.queries import actor_of
from asora.jobs.queue import SENDING
from asora.kernel import binding
from asora.kernel.act import Act, Tenancy, new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from integrations.dispatch import locking, queries, transitions
from integrations.dispatch.actions.schedules import lapse_schedule
from integrations.dispatch.models import Dispatch, Schedule
from integrations.dispatch.running import dispatch, settle
from plans import freezes
from plans.models import Tenant

log = structlog.get_logger(__name__)

#: The task that runs one schedule once.
RUN = "asora.integrations.run_schedule"
ROUTE = f"TASK {RUN}"
SEND = Permission.INTEGRATIONS_DISPATCH
#: A younger dispatch may only just have been started.
YOUNG = timedelta(seconds=15)


def look() -> None:
    """Look through all tenants. An error of one is logged and does not stop the others; the next minute tries again."""
    with schema_context(binding.PUBLIC):
        tenants = list(Tenant.objects.customers().reachable())
    for tenant in tenants:
        try:
            with tenant_context(tenant):
                close_interrupted(tenant)
                due = queries.due_schedules()
            for schedule in due:
                enqueue(tenant, schedule)
        except Exception:
            log.exception("dispatches could not be looked after", tenant=tenant.slug)


def close_interrupted(tenant: Tenancy) -> None:
    """Close the dispatches of the bound tenant that nobody is sending."""
    left = Dispatch.objects.filter(finished_at=None, started_at__lt=timezone.now() - YOUNG)
    for endpoint in left.values_list("endpoint_id", flat=True):
        with locking.sender(endpoint) as sender:
            if sender.take():
                settle(new_act(tenant, system(tenant.schema_name, "dispatcher", SEND), route=ROUTE), endpoint)


def enqueue(tenant: Tenancy, schedule: UUID) -> None:
    """Enqueue one run of a schedule, unless one is queued already."""
    queued = app.configure_task(RUN, queue=SENDING, queueing_lock=f"{RUN}:{tenant.schema_name}:{schedule}")
    try:
        with schema_context(binding.PUBLIC), transaction.atomic(durable=True):
            queued.defer(schema=tenant.schema_name, schedule=str(schedule))
    except exceptions.AlreadyEnqueued:
        return
    except (DatabaseError, exceptions.ConnectorException):
        log.exception("a schedule was not enqueued", tenant=tenant.slug)


def run(schema: str, schedule: str) -> None:
    """Run a schedule of a tenant once, if it is due."""
    with schema_context(binding.PUBLIC):
        tenant = Tenant.objects.customers().reachable().filter(schema_name=schema).first()
    if tenant is None:
        return
    structlog.contextvars.bind_contextvars(tenant=tenant.slug)
    try:
        with tenant_context(tenant):
            _run(tenant, UUID(schedule))
    finally:
        structlog.contextvars.clear_contextvars()


def _run(tenant: Tenant, key: UUID) -> None:
    schedule = Schedule.objects.select_related("endpoint").filter(pk=key, ended_at=None).first()
    if schedule is None or freezes.active(tenant) or not transitions.move_on(schedule):
        return
    act = _act_of_setter(tenant, schedule)
    if act is None or schedule.endpoint.removed_at is not None:
        own = new_act(tenant, system(tenant.schema_name, "scheduler", SEND), route=ROUTE)
        why = "rights" if act is None else "removed"
        lapse_schedule(replace(own, cause_id=schedule.request_id), schedule=schedule, why=why)
        return
    if not queries.can_send_now(schedule.endpoint):
        return
    try:
        dispatch(act, endpoint=schedule.endpoint, kind=Dispatch.Kind.SCHEDULE)
    except Refusal:
        log.warning("a schedule was refused", schedule=str(key))  # its event says why


def _act_of_setter(tenant: Tenant, schedule: Schedule) -> Act | None:
    """The act of the person who set a schedule, with their present rights; None if they may no longer send."""
    person = User.objects.filter(ref=schedule.set_by, is_active=True).first()
    if person is None:
        return None
    act = new_act(tenant, actor_of(person), route=ROUTE)
    return replace(act, cause_id=schedule.request_id) if act.actor.may(SEND) else None
