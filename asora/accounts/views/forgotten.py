"""A forgotten password: request a link, and choose a new password with it.

The response to the request is the same whether or not an account has the address.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from django.contrib.auth import logout
from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from asora.accounts.actions.passwords import ask_for_reset, reset_password
from asora.accounts.attempt_log import note
from asora.accounts.background import in_background
from asora.accounts.forms import ForgottenForm, NewPasswordForm
from asora.accounts.mail import send_password_changed, send_reset
from asora.accounts.models import SignInAttempt, User
from asora.accounts.queries import actor_of
from asora.accounts.resets import may_be_sent, person_of_reset
from asora.accounts.roles import ASK_FOR_RESET
from asora.kernel.act import system
from asora.kernel.gates import invalid_form
from asora.kernel.pages import AsoraRequest, open_page, refused_form, respond
from asora.kernel.refusals import AuthRequired, Reason, Refusal


@open_page(methods=["GET", "POST"])
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


@open_page(methods=["GET", "POST"])
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
