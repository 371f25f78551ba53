"""Runs one job: one worker at a time, as the person who requested it, and not again after two crashes (or one)."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _
from django_tenants.utils import schema_context, tenant_context

from asora.accounts.models import User
from asora.accounts.sign_in.queries import actor_of
from asora.jobs import transitions
from asora.jobs.kinds import KINDS
from asora.jobs.locking import LockedJob, job_lock
from asora.jobs.models import UNFINISHED, Job, State
from asora.jobs.rights import rights_of
from asora.kernel import binding, progress
from asora.kernel.act import new_act
from asora.kernel.database_errors import Unavailable
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Values
from plans.models import Tenant

log = structlog.get_logger(__name__)
MAX_LINES_KEPT = 200  # refused lines of a file; the event of the refusal has more of them


def run(schema: str, job: str) -> None:
    """Run a job, unless another worker runs it or it has ended. Errors of the work are stored in the job."""
    with schema_context(binding.PUBLIC):
        tenant = Tenant.objects.customers().reachable().filter(schema_name=schema).first()
    if tenant is None:
        return  # the tenant is gone, and so are its jobs
    with tenant_context(tenant), job_lock(UUID(job)) as locked:
        found = Job.objects.filter(pk=job, state__in=UNFINISHED).first() if locked is not None else None
        if locked is not None and found is not None:
            _run_locked(tenant, found, locked)


def _run_locked(tenant: Tenant, job: Job, locked: LockedJob) -> None:
    """Run a job while its lock is held; if a crash interrupted it before, run it again."""
    if job.attempts >= KINDS[job.kind].attempts:
        transitions.end(job, State.FAILED, result={"why": _interrupted(job)})
        return
    transitions.begin(job)
    person = User.objects.filter(ref=job.actor_ref).first()
    if person is None:
        transitions.end(
            job,
            State.FAILED,
            result={"why": _("The person who requested this job no longer has an account.")},
        )
        return
    # The job runs with the person's present rights; its cause is the request that started it.
    act = new_act(tenant, actor_of(person), route=f"JOB {job.kind}")
    act = replace(act, cause_id=job.request_id)
    transitions.take(job, rights_of(act.actor))
    structlog.contextvars.bind_contextvars(tenant=tenant.slug, job=str(job.pk), request_id=act.request_id)
    try:
        with progress.heard_by(locked):
            result = KINDS[job.kind].work(act, job.arguments)
    except Refusal as refusal:
        transitions.end(job, State.REFUSED, refusal=_refusal_json(refusal, request_id=act.request_id))
    except Unavailable as unavailable:
        transitions.end(job, State.FAILED, result={"why": str(unavailable)})
    except Exception as error:
        log.exception("a job failed", kind=job.kind)
        if _is_lost(error):
            raise  # the work may have been committed: run it again as after a crash, which then finds it done
        transitions.end(job, State.FAILED, result={"why": _("An error in Asora stopped this job.")})
    else:
        transitions.end(job, State.DONE, result=result)
    finally:
        structlog.contextvars.clear_contextvars()


def _interrupted(job: Job) -> str:
    if job.attempts == 1:
        return _(
            "The job was interrupted. It is not started again by itself: what it had done so far remains."
        )
    return _("The job was interrupted twice, so it was stopped.")


def _is_lost(error: Exception) -> bool:
    """Returns True if a database connection was lost (the work's or the lock's): a commit may have happened or not."""
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return isinstance(error, InterfaceError | OperationalError) and state[:3] in ("", "57P")


def _refusal_json(refusal: Refusal, *, request_id: str) -> Values:
    """A refusal as JSON for the job's page, with at most as many lines as the page shows."""
    as_json = refusal.as_json(request_id=request_id)
    lines: Values = refusal.details.get("lines", {})
    if len(lines) > MAX_LINES_KEPT:
        first = sorted(lines, key=int)[:MAX_LINES_KEPT]
        as_json["details"] = {**refusal.details, "lines": {number: lines[number] for number in first}}
    return as_json
