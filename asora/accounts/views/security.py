"""One's own password, authenticator app, recovery codes and devices. Also available while the tenant is frozen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.debug import sensitive_post_parameters

from asora.accounts.actions.passwords import change_password
from asora.accounts.actions.second_factors import (
    APP,
    remove_second_factor,
    renew_recovery_codes,
    set_up_second_factor,
)
from asora.accounts.actions.sessions import end_all_sessions, end_session
from asora.accounts.enrolment import enrolment_of, forget
from asora.accounts.forms import ChangePasswordForm, CodeForm
from asora.accounts.lock_out import counted
from asora.accounts.mail import send_password_changed
from asora.accounts.models import User
from asora.accounts.queries import devices_of, has_second_factor, needs_second_factor, recovery_codes_left
from asora.accounts.sessions import mark_proved
from asora.kernel.gates import invalid_form
from asora.kernel.pages import AsoraRequest, page, refused_form, respond
from asora.kernel.refusals import Refusal


@page()
@never_cache
def security(request: AsoraRequest) -> HttpResponse:
    """The page of one's own security settings."""
    user = _oneself(request)
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


@page(methods=["GET", "POST"], step_up=True, tries="accounts.password.change")
@never_cache
@sensitive_post_parameters("old_password", "new_password", "again")
def password(request: AsoraRequest) -> HttpResponse:
    """Change the password. Refusals: AUTH_REQUIRED BAD_CREDENTIALS, LOCKED_OUT; VALIDATION_FAILED INVALID_INPUT."""
    template = "accounts/change_password.html"
    if request.method != "POST":
        return respond(request, template, {"form": ChangePasswordForm()})
    form = ChangePasswordForm(request.POST)
    form.is_valid()  # validate the sent form; the form shown again is a new one
    try:
        user = _counted(request, lambda: change_password.submit(request.act, form))
    except Refusal as refusal:
        return _refused(request, template, form, refusal)
    send_password_changed(request.act.tenant, user, request=request)
    update_session_auth_hash(request, user)
    mark_proved(request.session)
    messages.success(request, _("Your password was changed. All other devices were signed out."))
    return redirect("accounts:security")


@page(methods=["GET", "POST"], step_up=True, tries="accounts.second_factor.set_up")
@never_cache
@cache_control(no_transform=True)  # shows a secret: never compressed
@sensitive_post_parameters("one_time_code")
def app(request: AsoraRequest) -> HttpResponse:
    """Set up an authenticator app. Refusals: AUTH_REQUIRED BAD_CODE, LOCKED_OUT; STATE_CONFLICT ALREADY_ACTIVE."""
    user = _oneself(request)
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
        codes = _counted(
            request,
            lambda: set_up_second_factor(request.act, secret=enrolment.secret, one_time_code=code),
        )
    except Refusal as refusal:
        return _refused(request, template, form, refusal, enrolment=enrolment)
    forget(request.session)
    mark_proved(request.session, second_factor=APP)
    return respond(request, "accounts/new_codes.html", {"codes": codes, "is_new": True})


@page(methods=["GET", "POST"], step_up=True, tries="accounts.second_factor.remove")
@never_cache
def remove_app(request: AsoraRequest) -> HttpResponse:
    """Remove the authenticator app. Refusals: PERMISSION_DENIED SECOND_FACTOR_REQUIRED, STATE_CONFLICT NOT_ACTIVE."""
    if request.method != "POST":
        return respond(request, "accounts/remove_app.html", {})
    remove_second_factor(request.act)
    messages.success(request, _("The authenticator app was removed. Your password alone signs you in now."))
    return redirect("accounts:security")


@page(methods=["GET", "POST"], step_up=True, tries="accounts.recovery_codes.renew")
@never_cache
@cache_control(no_transform=True)  # shows a secret: never compressed
def recovery_codes(request: AsoraRequest) -> HttpResponse:
    """Make new recovery codes, and show them only once. Refusals: STATE_CONFLICT NOT_ACTIVE."""
    if request.method != "POST":
        left = recovery_codes_left(_oneself(request))
        return respond(request, "accounts/renew_codes.html", {"codes_left": left})
    codes = renew_recovery_codes(request.act)
    return respond(request, "accounts/new_codes.html", {"codes": codes, "is_new": False})


@page(methods=["POST"], tries="accounts.session.end")
def device_end(request: AsoraRequest) -> HttpResponse:
    """Sign out one device."""
    end_session(request.act, ref=request.POST.get("ref", "").replace("\x00", "")[:32])
    if request.POST.get("ref") == request.act.actor.session_ref:
        request.session.flush()
        return redirect("accounts:sign-in")
    messages.success(request, _("That device was signed out."))
    return redirect("accounts:security")


@page(methods=["POST"], tries="accounts.session.end_all")
def device_end_all(request: AsoraRequest) -> HttpResponse:
    """Sign out everywhere, including here."""
    end_all_sessions(request.act)
    request.session.flush()
    return redirect("accounts:sign-in")


def _oneself(request: AsoraRequest) -> User:
    account = request.act.actor.account
    if not isinstance(account, User):
        raise TypeError("a signed-in page without a person")
    return account


def _counted(request: AsoraRequest, proof: Callable[[], Any]) -> Any:
    return counted(request, address=_oneself(request).email, proof=proof)


def _refused(
    request: AsoraRequest, template: str, form: Any, refusal: Refusal, **context: Any
) -> HttpResponse:
    form.data = {}  # neither codes nor passwords are sent back
    response = refused_form(request, template, form, refusal, context)
    if wait := refusal.details.get("retry_after"):
        response["Retry-After"] = str(wait)
    return response
