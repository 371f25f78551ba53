"""Signing in and out. Lock-out is axes'; the events come from the signals (see `asora.accounts.attempts`)."""

from __future__ import annotations

import math
from datetime import timedelta

import structlog
from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from asora.accounts.forms import SignInForm
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
    """The sign-in form, which is also the answer (401) to a page opened without a session."""
    if form is None:
        form = SignInForm(initial={"next": _next_of(request)})
    return respond(request, "accounts/sign_in.html", {"form": form, "refusal": refusal}, status=status)


@open_page(methods=["GET", "POST"])
@never_cache
@sensitive_post_parameters("password")
def sign_in(request: AsoraRequest) -> HttpResponse:
    """Sign in by address and password. Refusals: AUTH_REQUIRED BAD_CREDENTIALS, LOCKED_OUT with Retry-After."""
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
        return _refused(request, form, _locked_out())
    user = authenticate(request, **credentials)
    if getattr(request, "axes_locked_out", False):
        return _refused(request, form, _locked_out())
    if user is None:
        return _refused(request, form, _bad_credentials())
    login(request, user, backend="asora.accounts.backends.PasswordBackend")
    return HttpResponseRedirect(_safe_next(request, form.cleaned_data["next"]))


@open_page(methods=["POST"])
def sign_out(request: AsoraRequest) -> HttpResponse:
    """End the session; harmless without one."""
    logout(request)
    return redirect("accounts:sign-in")


def _refused(request: AsoraRequest, form: SignInForm, refusal: AuthRequired) -> HttpResponse:
    if wants_json(request):
        # By the signals.
        refusal.audited = True  # type: ignore[attr-defined]
        raise refusal
    response = sign_in_page(request, form=form, refusal=refusal, status=refusal.status)
    if wait := refusal.details.get("retry_after"):
        response["Retry-After"] = str(wait)
    return response


def _bad_credentials() -> AuthRequired:
    return AuthRequired(_("Address and password do not belong together."), reason=Reason.BAD_CREDENTIALS)


def _locked_out() -> AuthRequired:
    wait = timedelta(hours=settings.AXES_COOLOFF_TIME)
    return AuthRequired(
        _("Too many attempts. Try again in %(minutes)s minutes.")
        % {"minutes": math.ceil(wait.total_seconds() / 60)},
        reason=Reason.LOCKED_OUT,
        details={"retry_after": int(wait.total_seconds())},
    )


def _landing(request: AsoraRequest) -> str:
    if request.act.tenant.schema_name != "public":
        return reverse("dashboard")
    # Asked of the user, not of the act: right after signing in that is still nobody's.
    return reverse("admin:index") if getattr(request.user, "is_staff", False) else reverse("front")


def _next_of(request: HttpRequest) -> str:
    if given := request.GET.get("next"):
        return given
    is_page = request.method == "GET" and not request.path.startswith("/sign-")
    return request.get_full_path() if is_page and request.path != "/" else ""


def _safe_next(request: AsoraRequest, target: str) -> str:
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if target and is_ours else _landing(request)
