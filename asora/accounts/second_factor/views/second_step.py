"""The second step of a sign-in: a code, or setting up an app for a person whose role needs one.

Nobody is signed in here, and the session has no rights before a correct code.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.debug import sensitive_post_parameters

from asora.accounts.second_factor.actions.second_factors import APP, set_up_second_factor, use_second_factor
from asora.accounts.second_factor.enrolment import enrolment_of, forget
from asora.accounts.second_factor.forms import CodeForm, RecoveryForm
from asora.accounts.sign_in import pending_sign_in
from asora.accounts.sign_in.lock_out import CODE, counted
from asora.accounts.sign_in.queries import has_second_factor
from asora.accounts.sign_in.sealed_resubmission import context_of, opened
from asora.accounts.sign_in.views.own_account import refused_proof
from asora.accounts.sign_in.views.sign_in import go_on, safe_next, sign_in_page
from asora.kernel.gates import invalid_form
from asora.kernel.pages import AsoraRequest, open_page, respond, wants_json
from asora.kernel.refusals import AuthRequired, Reason, Refusal


@open_page(methods=["GET", "POST"], host="both")
@never_cache
@sensitive_post_parameters("one_time_code")
def give_code(request: AsoraRequest) -> HttpResponse:
    """Finish a sign-in with a code of the app or a recovery code.

    Refusals: AUTH_REQUIRED BAD_CODE, LOCKED_OUT, SESSION_EXPIRED; VALIDATION_FAILED.
    """
    waiting = pending_sign_in.read(request)
    if waiting is None:
        return _start_again(request)
    if not has_second_factor(waiting.user):
        return redirect("accounts:sign-in-app")
    by_paper = request.GET.get("by") == "recovery"
    shape = RecoveryForm if by_paper else CodeForm
    context = {"by_paper": by_paper}
    if request.method != "POST":
        return respond(request, "accounts/code.html", {**context, "form": shape()})
    form = shape(request.POST)
    try:
        if not form.is_valid():
            raise invalid_form(form)
        kind = counted(
            request,
            address=waiting.user.email,
            proof=lambda: use_second_factor(pending_sign_in.act_of(request, waiting), **form.cleaned_data),
            kind=CODE,
        )
    except Refusal as refusal:
        return refused_proof(request, "accounts/code.html", form, refusal, **context)
    pending_sign_in.let_in(request, waiting.user, second_factor=kind)
    return go_on(request, waiting.user, next_=waiting.next, sealed=waiting.sealed)


@open_page(methods=["GET", "POST"], host="both")
@never_cache
@cache_control(no_transform=True)  # shows a secret: never compressed
@sensitive_post_parameters("one_time_code")
def connect_app(request: AsoraRequest) -> HttpResponse:
    """Set up the app that a role needs, then finish the sign-in and show the recovery codes, once.

    Refusals: AUTH_REQUIRED BAD_CODE, LOCKED_OUT, SESSION_EXPIRED; STATE_CONFLICT ALREADY_ACTIVE; VALIDATION_FAILED.
    """
    waiting = pending_sign_in.read(request)
    if waiting is None:
        return _start_again(request)
    if has_second_factor(waiting.user):
        return redirect("accounts:sign-in-code")
    enrolment = enrolment_of(request.session, waiting.user, issuer=f"Asora {request.act.tenant.slug}")
    context = {"enrolment": enrolment}
    if request.method != "POST":
        return respond(request, "accounts/connect_app.html", {**context, "form": CodeForm()})
    form = CodeForm(request.POST)
    try:
        if not form.is_valid():
            raise invalid_form(form)
        codes = counted(
            request,
            address=waiting.user.email,
            proof=lambda: set_up_second_factor(
                pending_sign_in.act_of(request, waiting), secret=enrolment.secret, **form.cleaned_data
            ),
        )
    except Refusal as refusal:
        return refused_proof(request, "accounts/connect_app.html", form, refusal, **context)
    forget(request.session)
    pending_sign_in.let_in(request, waiting.user, second_factor=APP)
    carried = opened(request, waiting.sealed, waiting.user) if waiting.sealed else None
    return respond(
        request,
        "accounts/recovery_codes.html",
        {
            "codes": codes,
            "next": safe_next(request, waiting.next),
            **(context_of(carried) if carried else {}),
        },
    )


def _start_again(request: AsoraRequest) -> HttpResponse:
    """The response when the password was given too long ago, or not at all."""
    if request.method != "POST":
        return redirect("accounts:sign-in")
    refusal = AuthRequired(
        _(
            "This sign-in took too long or was not started. Start again with your e-mail address and password."
        ),
        reason=Reason.SESSION_EXPIRED,
    )
    if wants_json(request):
        raise refusal
    return sign_in_page(request, refusal=refusal, status=refusal.status)
