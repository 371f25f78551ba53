"""Pages of background jobs: the list, and one job with its progress or result."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django_htmx.http import HttpResponseClientRedirect

from asora.jobs.kinds import KINDS
from asora.jobs.models import Job, State
from asora.jobs.rights import may_see, withheld
from asora.kernel.pages import AsoraRequest, load, page, respond, wants_fragment
from asora.kernel.permissions import SIGNED_IN

LATEST = 50


@page()
def job_list(request: AsoraRequest) -> HttpResponse:
    """The user's own latest jobs, the newest first."""
    jobs = list(Job.objects.filter(actor_ref=request.act.actor.ref).order_by("-created_at", "-pk")[:LATEST])
    return respond(
        request, "jobs/list.html", {"rows": [(job, KINDS[job.kind]) for job in jobs], "most": LATEST}
    )


@page()
def job_detail(request: AsoraRequest, job: UUID) -> HttpResponse:
    """The progress of one job, reloaded until it ends; then its result, unless the user has lost a right since."""
    mine = Job.objects.filter(actor_ref=request.act.actor.ref)
    found = load(request, mine, permission=SIGNED_IN, pk=job)
    kind = KINDS[found.kind]
    has_come_to_something = found.state in (State.DONE, State.REFUSED)
    refusal = withheld() if has_come_to_something and not may_see(request.act.actor, found) else None
    is_half_done = found.state == State.FAILED and kind.attempts == 1
    onward = kind.onward(found) if (has_come_to_something or is_half_done) and not refusal else ""
    if onward and has_come_to_something and wants_fragment(request):  # the user was watching the page
        return HttpResponseClientRedirect(onward)
    context = {
        "job": found,
        "kind": kind,
        "onward": onward,
        "withheld": refusal,
        "is_half_done": is_half_done,
    }
    return respond(request, "jobs/detail.html", context, fragment="jobs/_job.html")
