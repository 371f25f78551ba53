"""A person's own password: change it, or choose a new one by a link in a mail.

The response to a request for a link is the same whether or not an account has the address.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from asora.accounts.models import SignInAttempt, User
from asora.accounts.roles.table import ASK_FOR_RESET
from asora.accounts.sign_in.actions.passwords import ask_for_reset, change_password, reset_password
from asora.accounts.sign_in.attempt_log import note
from asora.accounts.sign_in.background import in_background
from asora.accounts.sign_in.forms import ChangePasswordForm, ForgottenForm, NewPasswordForm
from asora.accounts.sign_in.mail import send_password_changed, send_reset
from asora.accounts.sign_in.queries import actor_of
from asora.accounts.sign_in.resets import may_be_sent, person_of_reset
from asora.accounts.sign_in.sessions import mark_proved
from asora.accounts.sign_in.views.own_account import counted_proof, refused_proof
from asora.kernel.actors import system
from asora.kernel.gates import invalid_form
from asora.kernel.pages import AsoraRequest, open_page, page, refused_form, respond
from asora.kernel.refusals import AuthRequired, Reason, Refusal


@open_page(methods=["GET", "POST"], host="both")
@never_cache
def forgot(request: AsoraRequest) -> HttpResponse:
    """Send a link to a new password, at most one in a few minutes, if an account here has the address."""
    template = "accounts/forgot.html"
    if request.method != "POST":
        return respond(request, template, {"form": ForgottenForm()})
    form = ForgottenForm(request.POST)
    if not form.is_valid():
        return refused_form(request, template, form, invalid_form(form), {})
    # The address is looked up after the response, so the response time does not reveal whether an account has it.
    in_background(request.act.tenant, partial(_send_link, request, form.cleaned_data["email"]))
    return respond(request, "accounts/forgot_sent.html", {"email": form.cleaned_data["email"]})


def _send_link(request: AsoraRequest, email: str) -> None:
    """Send the link to the person with this address; for an address without an account, record an attempt."""
    user = User.objects.with_address(email).first()
    if user is None:
        note(request, SignInAttempt.Kind.UNKNOWN, reason=Reason.NO_SUCH_RECORD, address=email)
    elif may_be_sent(user):
        actor = system(request.act.tenant.schema_name, "sign-in page", ASK_FOR_RESET)
        if token := ask_for_reset(replace(request.act, actor=actor), user=user):
            send_reset(request.act.tenant, user, token, request=request)


@open_page(methods=["GET", "POST"], host="both")
@never_cache
@sensitive_post_parameters("new_password", "again")
def reset(request: AsoraRequest, token: str) -> HttpResponse:
    """Choose a new password with a link; opening the link changes nothing. Refusals: AUTH_REQUIRED LINK_INVALID."""
    response = _reset(request, token)
    # The URL is a secret, so links from this page send only the host as referrer. (Without any referrer, a browser
    # would also hide that the form was sent from here.)
    response["Referrer-Policy"] = "strict-origin"
    return response


def _reset(request: AsoraRequest, token: str) -> HttpResponse:
    user = person_of_reset(token)
    template = "accounts/reset.html"
    context = {"email": user.email}
    if request.method != "POST":
        return respond(request, template, {**context, "form": NewPasswordForm()})
    form = NewPasswordForm(request.POST)
    try:
        if not form.is_valid():
            raise invalid_form(form)
        act = replace(request.act, actor=actor_of(user))
        changed = reset_password(act, token=token, new_password=form.cleaned_data["new_password"])
    except AuthRequired:
        raise
    except Refusal as refusal:
        return refused_form(request, template, form, refusal, context)
    send_password_changed(request.act.tenant, changed, request=request)
    logout(request)  # the person signed in here is another one, or must sign in again
    return respond(request, "accounts/reset_done.html", {})


@page(methods=["GET", "POST"], step_up=True, tries="accounts.password.change", host="both")
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
        user = counted_proof(request, lambda: change_password.submit(request.act, form))
    except Refusal as refusal:
        return refused_proof(request, template, form, refusal)
    send_password_changed(request.act.tenant, user, request=request)
    update_session_auth_hash(request, user)
    mark_proved(request.session)
    messages.success(request, _("Your password was changed. All other devices were signed out."))
    return redirect("accounts:security")
