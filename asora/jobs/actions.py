"""Requesting a job. The changes that the job makes later are separate actions, checked when they run."""

from __future__ import annotations

import hashlib
import json

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.jobs import queue
from asora.jobs.kinds import KINDS
from asora.jobs.models import UNFINISHED, Job
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.gates import lacking
from asora.kernel.permissions import SIGNED_IN
from asora.kernel.shapes import Values


@action(
    "jobs.job.order",
    permission=SIGNED_IN,
    subject="label",
    while_frozen=True,
    done=gettext_lazy("started the job {label}"),
    tried=gettext_lazy("tried to start the job {label}"),
)
def _record_request(act: Act, *, kind: str, label: str, arguments: Values) -> Job:
    """Save the job. If the same job is already waiting or running, return that one and do nothing.

    Refusals: PERMISSION_DENIED (the permission that the kind of job requires).
    """
    permission = KINDS[kind].permission
    if not act.actor.may(permission):
        raise lacking(act, permission)
    wanted = Job(
        kind=kind,
        label=label[:200],
        arguments=arguments,
        key=_key(act, kind, arguments),
        actor_ref=act.actor.ref,
        request_id=act.request_id,
    )
    Job.objects.bulk_create([wanted], ignore_conflicts=True)
    existing = Job.objects.filter(key=wanted.key, state__in=UNFINISHED).first()
    if existing is None or existing.pk != wanted.pk:
        act.noop(_("The same job is already running."))
        # It may have finished between the two statements; its page is still the right answer.
        return existing or Job.objects.filter(key=wanted.key).latest("created_at")
    act.changed(wanted, after={"kind": kind, "label": wanted.label})
    return wanted


def request_job(act: Act, *, kind: str, label: str, arguments: Values) -> Job:
    """Save a job and queue it for the worker. Returns the job, whose page shows progress and result.

    The job is committed before it is queued. After a crash in between, the sweep queues it.
    """
    job = _record_request(act, kind=kind, label=label, arguments=arguments)
    queue.enqueue(act.tenant, job)
    return job


def _key(act: Act, kind: str, arguments: Values) -> str:
    canonical = json.dumps([kind, arguments, act.actor.ref], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
