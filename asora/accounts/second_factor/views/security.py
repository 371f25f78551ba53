"""The security page, with a person's own authenticator app and recovery codes. Works while a tenant is frozen."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.debug import sensitive_post_parameters

from asora.accounts.second_factor.actions.second_factors import (
    APP,
    remove_second_factor,
    renew_recovery_codes,
    set_up_second_factor,
)
from asora.accounts.second_factor.enrolment import enrolment_of, forget
from asora.accounts.second_factor.forms import CodeForm
from asora.accounts.second_factor.queries import recovery_codes_left
from asora.accounts.sign_in.queries import devices_of, has_second_factor, needs_second_factor
from asora.accounts.sign_in.sessions import mark_proved
from asora.accounts.sign_in.views.own_account import counted_proof, own_account, refused_proof
from asora.kernel.gates import invalid_form
from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.refusals import Refusal


@page(host="both")
@never_cache
def security(request: AsoraRequest) -> HttpResponse:
    """The page of one's own security settings."""
    user = own_account(request)
    return respond(
        request,
        "accounts/security.html",
        {
            "has_app": has_second_factor(user),
            "needs_app": needs_second_factor(user),
            "codes_left": recovery_codes_left(user),
            "devices": devices_of(user, here=request.act.actor.session_ref),
        },
    )


@page(methods=["GET", "POST"], step_up=True, tries="accounts.second_factor.set_up", host="both")
@never_cache
@cache_control(no_transform=True)  # shows a secret: never compressed
@sensitive_post_parameters("one_time_code")
def app(request: AsoraRequest) -> HttpResponse:
    """Set up an authenticator app. Refusals: AUTH_REQUIRED BAD_CODE, LOCKED_OUT; STATE_CONFLICT ALREADY_ACTIVE."""
    user = own_account(request)
    if has_second_factor(user):
        return redirect("accounts:security")
    template = "accounts/app.html"
    enrolment = enrolment_of(request.session, user, issuer=f"Asora {request.act.tenant.slug}")
    if request.method != "POST":
        return respond(request, template, {"form": CodeForm(), "enrolment": enrolment})
    form = CodeForm(request.POST)
    try:
        if not form.is_valid():
            raise invalid_form(form)
        code = form.cleaned_data["one_time_code"]
        codes = counted_proof(
            request,
            lambda: set_up_second_factor(request.act, secret=enrolment.secret, one_time_code=code),
        )
    except Refusal as refusal:
        return refused_proof(request, template, form, refusal, enrolment=enrolment)
    forget(request.session)
    mark_proved(request.session, second_factor=APP)
    return respond(request, "accounts/new_codes.html", {"codes": codes, "is_new": True})


@page(methods=["GET", "POST"], step_up=True, tries="accounts.second_factor.remove", host="both")
@never_cache
def remove_app(request: AsoraRequest) -> HttpResponse:
    """Remove the authenticator app. Refusals: PERMISSION_DENIED SECOND_FACTOR_REQUIRED, STATE_CONFLICT NOT_ACTIVE."""
    if request.method != "POST":
        return respond(request, "accounts/remove_app.html", {})
    remove_second_factor(request.act)
    messages.success(request, _("The authenticator app was removed. Your password alone signs you in now."))
    return redirect("accounts:security")


@page(methods=["GET", "POST"], step_up=True, tries="accounts.recovery_codes.renew", host="both")
@never_cache
@cache_control(no_transform=True)  # shows a secret: never compressed
def recovery_codes(request: AsoraRequest) -> HttpResponse:
    """Make new recovery codes, and show them only once. Refusals: STATE_CONFLICT NOT_ACTIVE."""
    if request.method != "POST":
        left = recovery_codes_left(own_account(request))
        return respond(request, "accounts/renew_codes.html", {"codes_left": left})
    codes = renew_recovery_codes(request.act)
    return respond(request, "accounts/new_codes.html", {"codes": codes, "is_new": False})
