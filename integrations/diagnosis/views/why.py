"""The page "why did nothing arrive?"."""

from __future__ import annotations

from django.http import HttpResponse

from asora.kernel.gates import invalid_form
from asora.kernel.pages import AsoraRequest, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import ValidationFailed
from asora.kernel.shapes import Values
from integrations.diagnosis import subjects
from integrations.diagnosis.forms import WhyForm
from integrations.diagnosis.views.loading import DISPATCH
from integrations.diagnosis.why import answer
from integrations.endpoints.models import Endpoint

TEMPLATE = "integrations/why.html"


@page(permission=DISPATCH)
def why(request: AsoraRequest) -> HttpResponse:
    """Where an event stopped on its way to a receiver. Without `?endpoint=` and `?about=`: the question."""
    return why_page(request)


def why_page(request: AsoraRequest) -> HttpResponse:
    """The question and its answer. Who may open it is decided by the page that shows it."""
    actor = request.act.actor
    rights: Values = {
        "may_open": actor.may(DISPATCH),
        "sees_audit": actor.may(Permission.AUDIT_VIEW),
        "has_endpoints": Endpoint.everything.exists(),
    }
    if not {"endpoint", "about"} <= request.GET.keys():
        return respond(request, TEMPLATE, {**rights, "form": WhyForm(initial=request.GET.dict())})
    form = WhyForm(request.GET)
    try:
        if not form.is_valid():
            raise invalid_form(form)
        subject = subjects.find(actor, form.cleaned_data["about"])
    except ValidationFailed as refusal:
        return refused_form(request, TEMPLATE, form, refusal, rights)
    endpoint = form.cleaned_data["endpoint"]
    found = answer(actor, endpoint, subject)
    context = {**rights, "form": form, "endpoint": endpoint, "subject": subject, "answer": found}
    return respond(request, TEMPLATE, context)
