"""The pages of onboarding: a list, one checklist per customer, and one URL for each step.

The form of a step is sent to the URL of the step. A refusal is shown on the checklist, at its step, with everything
that was typed. The URL of a step, opened as a page, redirects to the checklist.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asora.files.models import upload_of
from asora.files.refused_lines import RefusedLines, refused_lines
from asora.kernel.lists import list_csv, list_page, wants_csv
from asora.kernel.pages import AsoraRequest, load, page, refused_form, respond, wants_json
from asora.kernel.refusals import AuthRequired, PermissionDenied, Reason, Refusal, RouteNotFound
from asora.onboarding import checklist, rules, workflow
from asora.onboarding.actions.drafts import (
    PERMISSION,
    abandon,
    assign_plan,
    assign_role_model,
    confirm,
    start_onboarding,
)
from asora.onboarding.actions.steps import complete
from asora.onboarding.checklist import Answer
from asora.onboarding.forms import (
    ConfirmForm,
    OwnerForm,
    PlanForm,
    RolesForm,
    StartForm,
    TenantForm,
)
from asora.onboarding.listings import CLOSED
from asora.onboarding.queries import progress_of, trail, visible
from asora.onboarding.seed_form import SeedForm
from asora.onboarding.steps import STEPS, label_of, told
from inventory.files.kinds import KINDS
from plans.models import Onboarding

MAX_UNDER_WAY = 50
MAX_EVENTS = 12


@page(permission=PERMISSION)
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


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.start")
def start(request: AsoraRequest) -> HttpResponse:
    """Start an onboarding with a customer's name."""
    form = StartForm(_typed(request))
    if request.method != "POST":
        return respond(request, "onboarding/start.html", {"form": form})
    try:
        onboarding = start_onboarding.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, "onboarding/start.html", form, refusal, {})
    return _to(onboarding)


@page(permission=PERMISSION)
def template(request: AsoraRequest, step: str) -> HttpResponse:
    """A CSV template: the columns of a step, and a line or two as an example. Refusals: ROUTE_NOT_FOUND."""
    kind = KINDS.get(step)
    if kind is None:
        raise RouteNotFound(reason=Reason.NO_SUCH_PAGE)
    content = kind.example.replace("\n", "\r\n") + "\r\n"
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{step}.csv"'
    return response


@page(permission=PERMISSION, is_form=True)
def detail(request: AsoraRequest, number: int) -> HttpResponse:
    """The checklist of one customer."""
    return _show(request, _load(request, number))


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.confirm")
def confirm_step(request: AsoraRequest, number: int) -> HttpResponse:
    """One of the five confirmations."""
    onboarding = _load(request, number)
    form = ConfirmForm(_typed(request), onboarding=onboarding, auto_id="id_confirmed_%s")
    step = rules.CONFIRM + request.POST.get("kind", "")
    return _take(request, onboarding, step, form, lambda: confirm.submit(request.act, form))


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.assign_plan")
def plan_step(request: AsoraRequest, number: int) -> HttpResponse:
    """Step 1."""
    onboarding = _load(request, number)
    form = PlanForm(_typed(request), onboarding=onboarding)
    return _take(request, onboarding, "plan", form, lambda: assign_plan.submit(request.act, form))


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.assign_role_model")
def role_model_step(request: AsoraRequest, number: int) -> HttpResponse:
    """Step 2."""
    onboarding = _load(request, number)
    form = RolesForm(_typed(request), onboarding=onboarding)
    return _take(request, onboarding, "role_model", form, lambda: assign_role_model.submit(request.act, form))


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.create_tenant")
def tenant_step(request: AsoraRequest, number: int) -> HttpResponse:
    """Step 3, or the rest of it after an attempt that stopped half-way."""
    onboarding = _load(request, number)
    form = TenantForm(_written_down(onboarding) or _typed(request), onboarding=onboarding)

    def create() -> None:
        tenant = workflow.create_tenant(request.act, onboarding, form)
        messages.success(request, _("%(tenant)s is open and has no data yet.") % {"tenant": tenant.name})

    return _take(request, onboarding, "tenant", form, create)


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.seed")
def seed_step(request: AsoraRequest, number: int, step: str) -> HttpResponse:
    """Steps 4 to 8: check or import a file."""
    onboarding = _load(request, number)
    if step not in rules.SEEDED:
        raise RouteNotFound(reason=Reason.NO_SUCH_PAGE)
    form = SeedForm(_typed(request), request.FILES or None, onboarding=onboarding, step=step)
    if request.method == "POST" and "check" in request.POST:
        return _check_seed(request, onboarding, step, form)

    def seed() -> None:
        _say_seeded(request, step, workflow.seed(request.act, onboarding, step, form))

    return _take(request, onboarding, step, form, seed)


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.verify")
def verify_step(request: AsoraRequest, number: int) -> HttpResponse:
    """Run the four checks."""
    onboarding = _load(request, number)
    return _take(request, onboarding, "verification", None, lambda: workflow.verify(request.act, onboarding))


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.invite_owner")
def owner_step(request: AsoraRequest, number: int) -> HttpResponse:
    """Invite the first owner, or (`again`) send a new link to the invited owner."""
    onboarding = _load(request, number)
    again = "again" in request.POST
    form = OwnerForm(None if again else _typed(request), onboarding=onboarding)

    def invite() -> None:
        if again:
            is_sent = workflow.send_owner_link(request.act, onboarding, request=request)
        else:
            is_sent = workflow.invite_owner(request.act, onboarding, form, request=request)
        if is_sent:
            messages.success(request, _("The invitation was sent."))
        else:
            messages.warning(
                request, _("The invitation was created, but the e-mail could not be sent. Send a new link.")
            )

    return _take(request, onboarding, "owner", form, invite)


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.complete")
def complete_step(request: AsoraRequest, number: int) -> HttpResponse:
    """Close the checklist."""
    onboarding = _load(request, number)
    return _take(
        request, onboarding, "completion", None, lambda: complete(request.act, onboarding=onboarding)
    )


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.abandon")
def abandon_step(request: AsoraRequest, number: int) -> HttpResponse:
    """Abandon a draft."""
    onboarding = _load(request, number)
    return _take(request, onboarding, "", None, lambda: abandon(request.act, onboarding=onboarding))


def _load(request: AsoraRequest, number: int) -> Onboarding:
    """The onboarding, for an operator who may work on it. The onboarding of another operator's tenant is not found."""
    return load(request, visible(request.act.actor), permission=PERMISSION, pk=number)


def _take(
    request: AsoraRequest, onboarding: Onboarding, step: str, form: Form | None, go: Callable[[], Any]
) -> HttpResponse:
    """Do a step and redirect to the checklist, or show the checklist with the refusal at its step."""
    if request.method != "POST":
        return _to(onboarding, step)
    try:
        go()
    except Refusal as refusal:
        if wants_json(request) or isinstance(refusal, AuthRequired):
            raise
        return _refused(request, onboarding, step, form, refusal)
    return _to(onboarding, step)


def _check_seed(request: AsoraRequest, onboarding: Onboarding, step: str, form: SeedForm) -> HttpResponse:
    """The check without an import. A refusal is a valid result of a check, so the page answers 200."""
    try:
        would = workflow.check_seed(request.act, onboarding, step, form)
    except Refusal as refusal:
        # A missing permission is not a result of the check; it is refused and recorded as usual.
        if wants_json(request) or isinstance(refusal, AuthRequired | PermissionDenied):
            raise
        return _refused(request, onboarding, step, form, refusal, is_rehearsal=True)
    fresh = SeedForm(onboarding=onboarding, step=step, initial=form.kept_initial())
    called = form.cleaned_data["called"]
    return _show(request, onboarding, answer=Answer(step, fresh, would=would, called=called))


def _refused(
    request: AsoraRequest,
    onboarding: Onboarding,
    step: str,
    form: Form | None,
    refusal: Refusal,
    *,
    is_rehearsal: bool = False,
) -> HttpResponse:
    answer = Answer(step, form, refusal=refusal, is_rehearsal=is_rehearsal)
    if isinstance(form, SeedForm):
        content = form.cleaned_data.get("content") if form.is_valid() else None
        # A pasted text stays in its field; a chosen file must be corrected and chosen again.
        again = SeedForm(onboarding=onboarding, step=step, initial={"text": request.POST.get("text", "")})
        answer = Answer(
            step,
            again,
            refusal=refusal,
            is_rehearsal=is_rehearsal,
            called=form.cleaned_data.get("called", "") if content is not None else "",
            lines=_lines(step, content, refusal),
        )
    elif form is not None and form.is_bound:
        _note_errors(form, refusal)
    status = 200 if is_rehearsal else refusal.status
    return _show(request, onboarding, answer=answer, status=status)


def _lines(step: str, content: bytes | None, refusal: Refusal) -> RefusedLines | None:
    """The refused lines of a step's file, with their cells."""
    lines = refusal.details.get("lines")
    if not lines or content is None:
        return None
    upload = upload_of(kind=step, name="", content=content, actor_ref="")
    return refused_lines(upload, lines, columns=KINDS[step].columns)


def _note_errors(form: Form, refusal: Refusal) -> None:
    for name, entries in refusal.details.get("fields", {}).items():
        for entry in entries:
            if name in form.fields and entry["message"] not in form.errors.get(name, []):
                form.add_error(name, entry["message"])


def _show(
    request: AsoraRequest, onboarding: Onboarding, *, answer: Answer | None = None, status: int = 200
) -> HttpResponse:
    onboarding = _load(request, onboarding.pk)
    context = {
        "onboarding": onboarding,
        "checklist": checklist.of(onboarding, answer=answer),
        "steps_in_all": len(rules.STEPS),
        "answer": answer,
        "refusal": answer.refusal if answer and not answer.step else None,
        "trail": [(event, told(event)) for event in trail(onboarding, most=MAX_EVENTS)],
    }
    return respond(request, "onboarding/detail.html", context, status=status)


def _typed(request: AsoraRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _to(onboarding: Onboarding, step: str = "") -> HttpResponseRedirect:
    """Redirect to the step on the checklist."""
    anchor = "confirmations" if step.startswith(rules.CONFIRM) else step
    return HttpResponseRedirect(
        reverse("onboarding:detail", args=[onboarding.pk]) + (f"#{anchor}" if anchor else "")
    )


def _written_down(onboarding: Onboarding) -> dict[str, str]:
    """The settings with which the tenant was created; empty before it exists."""
    if onboarding.tenant_id is None:
        return {}
    return {
        name: getattr(onboarding, name) for name in ("plan", "role_model", "costing", "currency", "time_zone")
    }


def _say_seeded(request: AsoraRequest, step: str, done: Any) -> None:
    if not done.created:
        messages.info(request, _("Every row of the file already exists, so nothing was changed."))
        return
    message = ngettext("%(step)s: %(count)s row.", "%(step)s: %(count)s rows.", done.created)
    messages.success(request, message % {"step": label_of(step), "count": f"{done.created:,}"})
