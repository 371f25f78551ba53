"""The list of onboardings, a new one, the checklist of a customer, and templates of files."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase

from asora.kernel.lists import list_csv, list_page, wants_csv
from asora.kernel.pages import AsoraRequest, page, refused_form, respond
from asora.kernel.refusals import Reason, Refusal, RouteNotFound
from asora.onboarding import rules
from asora.onboarding.actions.drafts import (
    PERMISSION,
    start_onboarding,
)
from asora.onboarding.forms import (
    StartForm,
)
from asora.onboarding.listings import CLOSED
from asora.onboarding.queries import progress_of, visible
from asora.onboarding.steps import STEPS
from asora.onboarding.views.responses import (
    load_onboarding,
    show_checklist,
    to_checklist,
    typed,
)
from inventory.files.kinds import KINDS

MAX_UNDER_WAY = 50


@page(permission=PERMISSION, host="public")
def onboarding_list(request: AsoraRequest) -> HttpResponseBase:
    """Onboardings under way, and closed ones."""
    if wants_csv(request):
        return list_csv(request, CLOSED)
    rows = (
        visible(request.act.actor).filter(completed_at=None, abandoned_at=None).order_by("-opened_at", "-pk")
    )
    under_way = []
    for onboarding in rows[:MAX_UNDER_WAY]:
        progress = progress_of(onboarding)
        step = rules.upcoming(progress)
        under_way.append((onboarding, STEPS.get(step), rules.taken(progress)))
    return list_page(
        request,
        CLOSED,
        template="onboarding/list.html",
        fragment="components/listing.html",
        context={"under_way": under_way, "steps_in_all": len(rules.STEPS)},
    )


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.start", host="public")
def start(request: AsoraRequest) -> HttpResponse:
    """Start an onboarding with a customer's name."""
    form = StartForm(typed(request))
    if request.method != "POST":
        return respond(request, "onboarding/start.html", {"form": form})
    try:
        onboarding = start_onboarding.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, "onboarding/start.html", form, refusal, {})
    return to_checklist(onboarding)


@page(permission=PERMISSION, host="public")
def template(request: AsoraRequest, step: str) -> HttpResponse:
    """A CSV template: the columns of a step, and a line or two as an example. Refusals: ROUTE_NOT_FOUND."""
    kind = KINDS.get(step)
    if kind is None:
        raise RouteNotFound(reason=Reason.NO_SUCH_PAGE)
    content = kind.example.replace("\n", "\r\n") + "\r\n"
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{step}.csv"'
    return response


@page(permission=PERMISSION, is_form=True, host="public")
def detail(request: AsoraRequest, number: int) -> HttpResponse:
    """The checklist of one customer."""
    return show_checklist(request, load_onboarding(request, number))
