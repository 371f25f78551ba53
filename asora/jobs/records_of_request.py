"""The background jobs that a request enqueued, for its page in the audit trail."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from asora.jobs.models import Job
from asora.kernel.act import Act
from asora.kernel.shapes import Values
from audit.explorer.request_records import register_records

MAX_JOBS = 20


def jobs_of(act: Act, request_ids: Sequence[str]) -> Values:
    """The jobs of requests: {jobs: of (Job, is_own)}. Only the person who requested a job may open its result."""
    rows = Job.objects.filter(request_id__in=request_ids).order_by("-created_at", "-pk")
    found = [(job, job.actor_ref == act.actor.ref) for job in rows[:MAX_JOBS]]
    return {"jobs": found} if found else {}


register_records("jobs", title=_("Background jobs"), template="jobs/_jobs_of_request.html", find=jobs_of)
