"""Ordering long work. What it then changes is an action of its own, judged when it is done."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.utils.translation import gettext as _

from asora.jobs import queue
from asora.jobs.kinds import KINDS
from asora.jobs.models import UNFINISHED, Job
from asora.kernel.act import Act
from asora.kernel.door import SIGNED_IN, action
from asora.kernel.gates import lacking


@action("jobs.job.order", permission=SIGNED_IN, about="label", while_frozen=True)
def _order_job(act: Act, *, kind: str, label: str, arguments: dict[str, Any]) -> Job:
    """Keep the order. The same one again, while the first is under way, is the first, as a no-op.

    Refusals: PERMISSION_DENIED (the permission that the kind of work asks for).
    """
    permission = KINDS[kind].permission
    if permission != SIGNED_IN and not act.actor.may(permission):
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
    kept = Job.objects.filter(key=wanted.key, state__in=UNFINISHED).first()
    if kept is None or kept.pk != wanted.pk:
        act.noop(_("The same work is under way already."))
        # It may have ended between the two statements; then its page is still what was asked for.
        return kept or Job.objects.filter(key=wanted.key).latest("created_at")
    act.changed(wanted, after={"kind": kind, "label": wanted.label})
    return wanted


def order_job(act: Act, *, kind: str, label: str, arguments: dict[str, Any]) -> Job:
    """Order long work and hand it to the worker; returns the job, whose page shows what becomes of it.

    The order commits before it is handed over: what a crash leaves in between, the sweep hands over.
    """
    job = _order_job(act, kind=kind, label=label, arguments=arguments)
    queue.hand_over(act.tenant, job)
    return job


def _key(act: Act, kind: str, arguments: dict[str, Any]) -> str:
    said = json.dumps([kind, arguments, act.actor.ref], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()
