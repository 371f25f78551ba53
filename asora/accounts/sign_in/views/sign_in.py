"""Signing in and out. django-axes decides lock-outs; the events come from signals (`sign_in_events`)."""

from __future__ import annotations

import structlog
from axes.handlers.proxy import AxesProxyHandler
from django.contrib import messages
from django.contrib.auth import authenticate, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from asora.accounts.models import User
from asora.accounts.sign_in import network_limit, pending_sign_in
from asora.accounts.sign_in.attempt_log import note_locked_out
from asora.accounts.sign_in.forms import SignInForm
from asora.accounts.sign_in.lock_out import locked_out, too_many
from asora.accounts.sign_in.queries import has_second_factor, needs_second_factor
from asora.accounts.sign_in.sealed_resubmission import context_of, opened, sealed
from asora.kernel.pages import AsoraRequest, open_page, respond, wants_json
from asora.kernel.refusals import AuthRequired, Reason

log = structlog.get_logger(__name__)


def sign_in_page(
    request: HttpRequest,
    *,
    form: SignInForm | None = None,
    refusal: AuthRequired | None = None,
    status: int = 200,
) -> HttpResponse:
    """The sign-in form, which is also the response (401) to a page opened without a session."""
    if form is None:
        form = SignInForm(initial={"next": _next_of(request), "sealed": sealed(request)})
    return respond(request, "accounts/sign_in.html", {"form": form, "refusal": refusal}, status=status)


def go_on(request: AsoraRequest, user: User, *, next_: str, sealed: str) -> HttpResponse:
    """Continue after a sign-in: to the form that was sent after the session had ended, or to the requested page."""
    carried = opened(request, sealed, user) if sealed else None
    if carried is not None:
        return respond(request, "accounts/resend.html", context_of(carried))
    return HttpResponseRedirect(safe_next(request, next_))


@open_page(methods=["GET", "POST"], host="both")
@never_cache
@sensitive_post_parameters("password")
def sign_in(request: AsoraRequest) -> HttpResponse:
    """Sign in with address and password. A person who has, or must have, a second factor continues to the second step.

    Refusals: AUTH_REQUIRED BAD_CREDENTIALS, LOCKED_OUT with Retry-After.
    """
    if request.method != "POST":
        if request.act.actor.is_authenticated:
            return redirect(_landing(request))
        return sign_in_page(request)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _refused(request, form, _bad_credentials())
    credentials = {"email": form.cleaned_data["email"], "password": form.cleaned_data["password"]}
    if not AxesProxyHandler.is_allowed(request, credentials):
        log.info("sign-in attempt during lock-out")
        note_locked_out(request, address=credentials["email"])
        return _refused(request, form, locked_out(request, address=credentials["email"]))
    limited = network_limit.remaining(request)
    user = authenticate(request, **credentials)
    if getattr(request, "axes_locked_out", False):
        return _refused(request, form, locked_out(request, address=credentials["email"]))
    if user is None:
        return _refused(request, form, too_many(limited) if limited else _bad_credentials())
    next_ = form.cleaned_data["next"]
    mine = form.cleaned_data["sealed"]
    if mine and opened(request, mine, user) is None:
        mine = ""
        messages.info(
            request, _("The form that was open here belongs to another person, so it is not shown.")
        )
    has_app = has_second_factor(user)
    if has_app or needs_second_factor(user):
        pending_sign_in.start(request, user, next_=next_, sealed=mine)
        return redirect("accounts:sign-in-code" if has_app else "accounts:sign-in-app")
    pending_sign_in.let_in(request, user)
    return go_on(request, user, next_=next_, sealed=mine)


@open_page(methods=["POST"], host="both")
def sign_out(request: AsoraRequest) -> HttpResponse:
    """End the session; does nothing without one."""
    logout(request)
    return redirect("accounts:sign-in")


def _refused(request: AsoraRequest, form: SignInForm, refusal: AuthRequired) -> HttpResponse:
    if wants_json(request):
        # The signals have recorded it.
        refusal.audited = True  # type: ignore[attr-defined]
        raise refusal
    response = sign_in_page(request, form=form, refusal=refusal, status=refusal.status)
    if wait := refusal.details.get("retry_after"):
        response["Retry-After"] = str(wait)
    return response


def _bad_credentials() -> AuthRequired:
    return AuthRequired(_("The e-mail address or the password is wrong."), reason=Reason.BAD_CREDENTIALS)


def _landing(request: AsoraRequest) -> str:
    if request.act.tenant.schema_name != "public":
        return reverse("dashboard")
    # Ask the user, not the act: right after signing in the act is still anonymous.
    return reverse("admin:index") if getattr(request.user, "is_staff", False) else reverse("front")


def _next_of(request: HttpRequest) -> str:
    if given := request.GET.get("next"):
        return given
    is_page = request.method == "GET" and not request.path.startswith("/sign-")
    return request.get_full_path() if is_page and request.path != "/" else ""


def safe_next(request: AsoraRequest, target: str) -> str:
    """The requested page, if it is on this host; otherwise the start page."""
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if target and is_ours else _landing(request)
