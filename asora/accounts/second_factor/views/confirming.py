"""Step-up: a fresh proof of identity before a sensitive action, and then the way back to that action."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from asora.accounts.second_factor.actions.proofs import confirm_identity
from asora.accounts.second_factor.forms import ConfirmByCode, ConfirmByPassword
from asora.accounts.sign_in.lock_out import CODE, PASSWORD, counted
from asora.accounts.sign_in.queries import has_second_factor
from asora.accounts.sign_in.resubmission import Resubmission, is_ours, refused_request
from asora.accounts.sign_in.sessions import mark_proved
from asora.kernel.pages import AsoraRequest, page, refused_form, respond, wants_fragment
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Values

PAGE, FRAGMENT = "accounts/confirm.html", "accounts/_confirm.html"


def confirm_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The response (401) to a request that needs a fresh proof: the form that asks for it, with the sent form carried.

    As an HTMX fragment it appears beside the sent form, which is still on the page, so nothing needs to be carried.
    """
    carried = refused_request(request)
    if wants_fragment(request):
        carried = Resubmission(next=reverse("accounts:security"))
    form = _shape(request)(
        initial={
            "next": carried.next,
            "carried": carried.fields or "",
            "is_sent": carried.fields is not None,
            "left_out": carried.left_out,
        }
    )
    context = {
        "form": form,
        "refusal": None,
        "asked": refusal,
        "is_sent": carried.fields is not None,
        "left_out": carried.left_out,
    }
    response = respond(request, PAGE, context, fragment=FRAGMENT, status=refusal.status)
    return _beside(request, response)


@page(methods=["GET", "POST"], tries="accounts.identity.confirm", host="both")
@never_cache
@sensitive_post_parameters("password", "one_time_code")
def confirm(request: AsoraRequest) -> HttpResponse:
    """Check the proof, then continue to the requested page, or to a page that sends the carried form again.

    Refusals: AUTH_REQUIRED BAD_CODE, BAD_CREDENTIALS, LOCKED_OUT; VALIDATION_FAILED.
    """
    shape = _shape(request)
    if request.method != "POST":
        form = shape(initial={"next": request.GET.get("next", "")})
        return respond(request, PAGE, {"form": form, "refusal": None})
    form = shape(request.POST)
    form.is_valid()  # validate the sent form; the form shown again is a new one
    try:
        kind = counted(
            request,
            address=request.act.actor.account.email,  # type: ignore[union-attr]
            proof=lambda: confirm_identity.submit(request.act, form),
            kind=CODE if shape is ConfirmByCode else PASSWORD,
        )
    except Refusal as refusal:
        form.data = {name: text for name, text in request.POST.items() if name != "one_time_code"}
        flags = {name: request.POST.get(name) == "True" for name in ("is_sent", "left_out")}
        response = refused_form(request, PAGE, form, refusal, flags, fragment=FRAGMENT)
        if wait := refusal.details.get("retry_after"):
            response["Retry-After"] = str(wait)
        return _beside(request, response)
    mark_proved(request.session, second_factor="" if kind == "password" else kind)
    return _lead_on(request, form.cleaned_data)


def _lead_on(request: AsoraRequest, values: Values) -> HttpResponse:
    target = values["next"] if is_ours(request, values["next"]) else reverse("accounts:security")
    if wants_fragment(request):
        return respond(request, "accounts/_confirmed.html", {})
    if not values["is_sent"]:
        return HttpResponseRedirect(target)
    carried = Resubmission(next=target, fields=values["carried"], left_out=values["left_out"])
    return respond(request, "accounts/confirmed.html", {"carried": carried, "pairs": list(carried.pairs())})


def _shape(request: Any) -> type[ConfirmByCode | ConfirmByPassword]:
    return ConfirmByCode if has_second_factor(request.act.actor.account) else ConfirmByPassword


def _beside(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if wants_fragment(request):
        response["HX-Retarget"], response["HX-Reswap"] = "#notices", "innerHTML"
    return response
