"""The pages of onboarding: a list, one checklist per customer, and one URL for each step.

The form of a step is sent to the URL of the step. A refusal is shown on the checklist, at its step, with everything
that was typed. The URL of a step, opened as a page, redirects to the checklist.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asora.kernel.pages import AsoraRequest, page, wants_json
from asora.kernel.refusals import AuthRequired, PermissionDenied, Reason, Refusal, RouteNotFound
from asora.onboarding import rules
from asora.onboarding.actions.drafts import (
    PERMISSION,
    abandon,
    assign_plan,
    assign_role_model,
    confirm,
)
from asora.onboarding.actions.steps import complete
from asora.onboarding.checklist import StepResult
from asora.onboarding.forms import (
    ConfirmForm,
    OwnerForm,
    PlanForm,
    RolesForm,
    TenantForm,
)
from asora.onboarding.seed_form import SeedForm
from asora.onboarding.steps import label_of
from asora.onboarding.views.responses import (
    load_onboarding,
    refused_step,
    show_checklist,
    take_step,
    typed,
)
from asora.onboarding.workflow import tenant_steps
from inventory.files.actions.file_lines import Imported
from plans.models import Onboarding


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.confirm", host="public")
def confirm_step(request: AsoraRequest, number: int) -> HttpResponse:
    """One of the five confirmations."""
    onboarding = load_onboarding(request, number)
    form = ConfirmForm(typed(request), onboarding=onboarding, auto_id="id_confirmed_%s")
    step = rules.CONFIRM + request.POST.get("kind", "")
    return take_step(request, onboarding, step, form, lambda: confirm.submit(request.act, form))


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.assign_plan", host="public")
def plan_step(request: AsoraRequest, number: int) -> HttpResponse:
    """Step 1."""
    onboarding = load_onboarding(request, number)
    form = PlanForm(typed(request), onboarding=onboarding)
    return take_step(request, onboarding, "plan", form, lambda: assign_plan.submit(request.act, form))


@page(
    permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.assign_role_model", host="public"
)
def role_model_step(request: AsoraRequest, number: int) -> HttpResponse:
    """Step 2."""
    onboarding = load_onboarding(request, number)
    form = RolesForm(typed(request), onboarding=onboarding)
    return take_step(
        request, onboarding, "role_model", form, lambda: assign_role_model.submit(request.act, form)
    )


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.create_tenant", host="public")
def tenant_step(request: AsoraRequest, number: int) -> HttpResponse:
    """Step 3, or the rest of it after an attempt that stopped half-way."""
    onboarding = load_onboarding(request, number)
    form = TenantForm(_written_down(onboarding) or typed(request), onboarding=onboarding)

    def create() -> None:
        tenant = tenant_steps.create_tenant(request.act, onboarding, form)
        messages.success(request, _("%(tenant)s is open and has no data yet.") % {"tenant": tenant.name})

    return take_step(request, onboarding, "tenant", form, create)


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.seed", host="public")
def seed_step(request: AsoraRequest, number: int, step: str) -> HttpResponse:
    """Steps 4 to 8: check or import a file."""
    onboarding = load_onboarding(request, number)
    if step not in rules.SEEDED:
        raise RouteNotFound(reason=Reason.NO_SUCH_PAGE)
    form = SeedForm(typed(request), request.FILES or None, onboarding=onboarding, step=step)
    if request.method == "POST" and "check" in request.POST:
        return _check_seed(request, onboarding, step, form)

    def seed() -> None:
        _say_seeded(request, step, tenant_steps.seed(request.act, onboarding, step, form))

    return take_step(request, onboarding, step, form, seed)


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.verify", host="public")
def verify_step(request: AsoraRequest, number: int) -> HttpResponse:
    """Run the four checks."""
    onboarding = load_onboarding(request, number)
    return take_step(
        request, onboarding, "verification", None, lambda: tenant_steps.verify(request.act, onboarding)
    )


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.invite_owner", host="public")
def owner_step(request: AsoraRequest, number: int) -> HttpResponse:
    """Invite the first owner, or (`again`) send a new link to the invited owner."""
    onboarding = load_onboarding(request, number)
    again = "again" in request.POST
    form = OwnerForm(None if again else typed(request), onboarding=onboarding)

    def invite() -> None:
        if again:
            is_sent = tenant_steps.send_owner_link(request.act, onboarding, request=request)
        else:
            is_sent = tenant_steps.invite_owner(request.act, onboarding, form, request=request)
        if is_sent:
            messages.success(request, _("The invitation was sent."))
        else:
            messages.warning(
                request, _("The invitation was created, but the e-mail could not be sent. Send a new link.")
            )

    return take_step(request, onboarding, "owner", form, invite)


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.complete", host="public")
def complete_step(request: AsoraRequest, number: int) -> HttpResponse:
    """Close the checklist."""
    onboarding = load_onboarding(request, number)
    return take_step(
        request, onboarding, "completion", None, lambda: complete(request.act, onboarding=onboarding)
    )


@page(permission=PERMISSION, methods=["GET", "POST"], tries="plans.onboarding.abandon", host="public")
def abandon_step(request: AsoraRequest, number: int) -> HttpResponse:
    """Abandon a draft."""
    onboarding = load_onboarding(request, number)
    return take_step(request, onboarding, "", None, lambda: abandon(request.act, onboarding=onboarding))


def _check_seed(request: AsoraRequest, onboarding: Onboarding, step: str, form: SeedForm) -> HttpResponse:
    """The check without an import. A refusal is a valid result of a check, so the page answers 200."""
    try:
        would = tenant_steps.check_seed(request.act, onboarding, step, form)
    except Refusal as refusal:
        # A missing permission is not a result of the check; it is refused and recorded as usual.
        if wants_json(request) or isinstance(refusal, AuthRequired | PermissionDenied):
            raise
        return refused_step(request, onboarding, step, form, refusal, is_rehearsal=True)
    fresh = SeedForm(onboarding=onboarding, step=step, initial=form.kept_initial())
    called = form.cleaned_data["called"]
    return show_checklist(request, onboarding, result=StepResult(step, fresh, would=would, called=called))


def _written_down(onboarding: Onboarding) -> dict[str, str]:
    """The settings with which the tenant was created; empty before it exists."""
    if onboarding.tenant_id is None:
        return {}
    return {
        name: getattr(onboarding, name) for name in ("plan", "role_model", "costing", "currency", "time_zone")
    }


def _say_seeded(request: AsoraRequest, step: str, done: Imported) -> None:
    if not done.created:
        messages.info(request, _("Every row of the file already exists, so nothing was changed."))
        return
    message = ngettext("%(step)s: %(count)s row.", "%(step)s: %(count)s rows.", done.created)
    messages.success(request, message % {"step": label_of(step), "count": f"{done.created:,}"})
