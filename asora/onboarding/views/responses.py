"""How a step is answered: back to the checklist, or the checklist with the refusal at its step."""

from __future__ import annotations

from collections.abc import Callable

from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from asora.files.models import upload_of
from asora.files.refused_lines import RefusedLines, refused_lines
from asora.kernel.pages import AsoraRequest, load, respond, wants_json
from asora.kernel.refusals import AuthRequired, Refusal
from asora.onboarding import checklist, rules
from asora.onboarding.actions.drafts import (
    PERMISSION,
)
from asora.onboarding.checklist import StepResult
from asora.onboarding.queries import trail, visible
from asora.onboarding.seed_form import SeedForm
from asora.onboarding.steps import sentence_of
from inventory.files.kinds import KINDS
from plans.models import Onboarding

MAX_EVENTS = 12


def load_onboarding(request: AsoraRequest, number: int) -> Onboarding:
    """The onboarding, for an operator who may work on it. The onboarding of another operator's tenant is not found."""
    return load(request, visible(request.act.actor), permission=PERMISSION, pk=number)


def take_step(
    request: AsoraRequest, onboarding: Onboarding, step: str, form: Form | None, go: Callable[[], object]
) -> HttpResponse:
    """Do a step and redirect to the checklist, or show the checklist with the refusal at its step."""
    if request.method != "POST":
        return to_checklist(onboarding, step)
    try:
        go()
    except Refusal as refusal:
        if wants_json(request) or isinstance(refusal, AuthRequired):
            raise
        return refused_step(request, onboarding, step, form, refusal)
    return to_checklist(onboarding, step)


def refused_step(
    request: AsoraRequest,
    onboarding: Onboarding,
    step: str,
    form: Form | None,
    refusal: Refusal,
    *,
    is_rehearsal: bool = False,
) -> HttpResponse:
    result = StepResult(step, form, refusal=refusal, is_rehearsal=is_rehearsal)
    if isinstance(form, SeedForm):
        content = form.cleaned_data.get("content") if form.is_valid() else None
        # A pasted text stays in its field; a chosen file must be corrected and chosen again.
        again = SeedForm(onboarding=onboarding, step=step, initial={"text": request.POST.get("text", "")})
        result = StepResult(
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
    return show_checklist(request, onboarding, result=result, status=status)


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


def show_checklist(
    request: AsoraRequest, onboarding: Onboarding, *, result: StepResult | None = None, status: int = 200
) -> HttpResponse:
    onboarding = load_onboarding(request, onboarding.pk)
    context = {
        "onboarding": onboarding,
        "checklist": checklist.of(onboarding, result=result),
        "steps_in_all": len(rules.STEPS),
        "result": result,
        "refusal": result.refusal if result and not result.step else None,
        "trail": [(event, sentence_of(event)) for event in trail(onboarding, most=MAX_EVENTS)],
    }
    return respond(request, "onboarding/detail.html", context, status=status)


def typed(request: AsoraRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def to_checklist(onboarding: Onboarding, step: str = "") -> HttpResponseRedirect:
    """Redirect to the step on the checklist."""
    anchor = "confirmations" if step.startswith(rules.CONFIRM) else step
    return HttpResponseRedirect(
        reverse("onboarding:detail", args=[onboarding.pk]) + (f"#{anchor}" if anchor else "")
    )
