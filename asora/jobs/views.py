"""Watching long work: one may leave and come back, and finds it where it is."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django_htmx.http import HttpResponseClientRedirect

from asora.jobs.kinds import KINDS
from asora.jobs.models import Job, State
from asora.jobs.rights import may_see, withheld
from asora.kernel.door import SIGNED_IN
from asora.kernel.pages import AsoraRequest, load, page, respond, wants_fragment

LATEST = 50


@page()
def job_list(request: AsoraRequest) -> HttpResponse:
    """What somebody has ordered lately, the newest first. Everybody sees their own."""
    jobs = list(Job.objects.filter(actor_ref=request.act.actor.ref).order_by("-created_at", "-pk")[:LATEST])
    return respond(
        request, "jobs/list.html", {"rows": [(job, KINDS[job.kind]) for job in jobs], "most": LATEST}
    )


@page()
def job_detail(request: AsoraRequest, job: UUID) -> HttpResponse:
    """How far one job is; asks again by itself until it has ended. What came of it, unless a right was lost since."""
    mine = Job.objects.filter(actor_ref=request.act.actor.ref)
    found = load(request, mine, permission=SIGNED_IN, pk=job)
    kind = KINDS[found.kind]
    has_come_to_something = found.state in (State.DONE, State.REFUSED)
    refusal = withheld() if has_come_to_something and not may_see(request.act.actor, found) else None
    onward = kind.onward(found) if has_come_to_something and not refusal else ""
    if onward and wants_fragment(request):  # somebody has been watching
        return HttpResponseClientRedirect(onward)
    context = {"job": found, "kind": kind, "onward": onward, "withheld": refusal}
    return respond(request, "jobs/detail.html", context, fragment="jobs/_job.html")
