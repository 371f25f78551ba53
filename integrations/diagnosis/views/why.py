"""The page "why did nothing arrive?"."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from asora.kernel.gates import invalid_form
from asora.kernel.pages import AsoraRequest, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.shapes import Values
from integrations.diagnosis import subjects
from integrations.diagnosis.forms import WhyForm
from integrations.diagnosis.views.loading import DISPATCH
from integrations.diagnosis.why import answer
from integrations.endpoints.models import Endpoint

TEMPLATE = "integrations/why.html"
#: An address without an endpoint is answered for so many at most.
MAX_ENDPOINTS = 10


@page(permission=DISPATCH)
def why(request: AsoraRequest) -> HttpResponse:
    """Show the step at which an event stopped on its way to a receiver.

    Without `?about=` it shows the form only. Without `?endpoint=` it answers for every endpoint that was not removed.
    """
    return why_page(request)


def why_page(request: AsoraRequest) -> HttpResponse:
    """The question and its answer. Who may open it is decided by the page that shows it."""
    actor = request.act.actor
    rights: Values = {
        "may_open": actor.may(DISPATCH),
        "sees_audit": actor.may(Permission.AUDIT_VIEW),
        "has_endpoints": Endpoint.everything.exists(),
    }
    if "about" not in request.GET:
        return respond(request, TEMPLATE, {**rights, "form": WhyForm(initial=request.GET.dict())})
    form = WhyForm(request.GET)
    form.fields["endpoint"].required = "endpoint" in request.GET
    try:
        if not form.is_valid():
            raise invalid_form(form)
        subject = subjects.find(actor, form.cleaned_data["about"])
        endpoints = _endpoints(form)
    except ValidationFailed as refusal:
        return refused_form(request, TEMPLATE, form, refusal, rights)
    answers = [(endpoint, answer(actor, endpoint, subject)) for endpoint in endpoints]
    return respond(request, TEMPLATE, {**rights, "form": form, "subject": subject, "answers": answers})


def _endpoints(form: WhyForm) -> list[Endpoint]:
    """The endpoint that was asked about; if the address names none, those that there are."""
    if (chosen := form.cleaned_data["endpoint"]) is not None:
        return [chosen]
    endpoints = list(Endpoint.objects.defer("url").order_by("name_key", "pk")[: MAX_ENDPOINTS + 1])
    if not 0 < len(endpoints) <= MAX_ENDPOINTS:
        raise ValidationFailed.at_field("endpoint", _("Choose an endpoint."), reason=Reason.INVALID_INPUT)
    return endpoints
