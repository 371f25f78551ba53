"""The responses of refusals and failures, and the audit of those that the door has not recorded.

Every HTTP error maps to one of the six codes of refusals. Refusals of an authenticated request are audited. Anonymous
401 and 404 are only logged, so that nobody can grow a table that cannot be emptied.
"""

from __future__ import annotations

import sys
from typing import cast

import structlog
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from asora.accounts.second_factor.views.confirming import confirm_page
from asora.accounts.sign_in.sessions import SessionRequest
from asora.accounts.sign_in.sign_in_events import late_request
from asora.accounts.sign_in.views.sign_in import sign_in_page
from asora.kernel import commit_state, keys
from asora.kernel.act import Act, Record
from asora.kernel.commit_state import CommitState
from asora.kernel.events import record_event
from asora.kernel.evidence import explain
from asora.kernel.gates import asked_to_confirm
from asora.kernel.ladder import Ladder, Outcome, gate_of, rule_of
from asora.kernel.pages import refusal_response, respond, wants_fragment, wants_json
from asora.kernel.refusals import (
    AuthRequired,
    PermissionDenied,
    Reason,
    Refusal,
    RouteNotFound,
    ValidationFailed,
)
from asora.web.request_subjects import asked_facts, subject_of

log = structlog.get_logger("asora.refused")


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Audit the refusal unless the door already has, and show it. A page without a session shows the sign-in form.

    If the refusal cannot be audited, the response is a 503 instead.
    """
    try:
        _audit(request, refusal)
    except (DatabaseError, InterfaceError):
        log.exception("the refusal could not be audited")
        return unavailable(request)
    act = getattr(request, "act", None)
    if refusal.reason is Reason.LINK_INVALID and not wants_json(request):
        return respond(request, "accounts/link_invalid.html", {"refusal": refusal}, status=refusal.status)
    if refusal.reason is Reason.STEP_UP_REQUIRED:
        if not wants_json(request):
            return confirm_page(request, refusal)
        refusal.details.setdefault("confirm_at", reverse("accounts:confirm"))
    is_page = act is not None and not wants_json(request) and not wants_fragment(request)
    if isinstance(refusal, AuthRequired) and refusal.reason is not Reason.LOCKED_OUT and is_page:
        has_ended = refusal.reason is Reason.SESSION_EXPIRED
        return sign_in_page(request, refusal=refusal if has_ended else None, status=401)
    return refusal_response(request, refusal)


def _audit(request: HttpRequest, refusal: Refusal) -> None:
    act = getattr(request, "act", None)
    if act is not None and act.actor.is_authenticated and not getattr(refusal, "audited", False):
        subject = subject_of(request)
        if refusal.reason is Reason.STEP_UP_REQUIRED:
            record_event(
                act, asked_to_confirm(act, tried=subject.action, resource=subject.resource, hubs=subject.hubs)
            )
            return
        explain(act, refusal, values=_typed(request, refusal))
        ladder = Ladder()
        if gate_of(refusal) != "authenticated":
            ladder.passed("authenticated", actor_type=act.actor.type)
        ladder.stopped(refusal, rule=rule_of(refusal, asked=subject.action), inputs=_read(act, refusal))
        lacks_role = refusal.reason is Reason.ROLE_LACKS_PERMISSION
        facts, hubs = asked_facts(request) if lacks_role else ({}, set())
        record_event(
            act,
            Outcome(
                action=subject.action,
                outcome="refused",
                ladder=ladder.steps,
                resource=subject.resource,
                record=Record(facts=facts),
                refusal=refusal,
                hubs=None if subject.hubs is None else subject.hubs | set(refusal.hubs) | hubs,
            ),
        )
    elif act is None or not act.actor.is_authenticated:
        log.info("refused", code=refusal.code, reason=str(refusal.reason), **_session_of(act))
        if refusal.reason is Reason.SESSION_EXPIRED and act is not None and act.actor.session_ref:
            late_request(cast(SessionRequest, request), refusal)


def _read(act: Act, refusal: Refusal) -> list[str]:
    """The keys that a page's own gates read, as the door records them."""
    if not isinstance(refusal, PermissionDenied):
        return []
    return [*keys.of_actor(act.actor), *(key for hub in refusal.hubs for key in keys.at_hub(act.actor, hub))]


def _session_of(act: Act | None) -> dict[str, str]:
    """The ended session, for the log."""
    return {"session": act.actor.session_ref} if act is not None and act.actor.session_ref else {}


def _typed(request: HttpRequest, refusal: Refusal) -> dict[str, str]:
    """The values of the refused fields, from the URL or the form, of a page without an action."""
    fields = refusal.details.get("fields", {})
    sent = {**request.GET.dict(), **request.POST.dict()} if fields else {}
    return {name: str(sent[name]) for name in fields if name in sent}


def not_found(request: HttpRequest, exception: object = None) -> HttpResponse:
    """handler404."""
    return answer(request, RouteNotFound())


def bad_request(request: HttpRequest, exception: object = None) -> HttpResponse:
    """handler400: a request that Django itself could not read."""
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return answer(
            request,
            ValidationFailed(_("This request is too large. Send less at once."), reason=Reason.TOO_LARGE),
        )
    return answer(
        request, ValidationFailed(_("This request could not be read. Load the page again and try once more."))
    )


def forbidden(request: HttpRequest, exception: object = None) -> HttpResponse:
    """handler403."""
    return answer(request, PermissionDenied())


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW: the token is missing, or it is from another session or host."""
    return answer(
        request,
        PermissionDenied(
            _(
                "The form's security token is missing or too old. Load the page again and send the form again."
            ),
            reason=Reason.CSRF_FAILED,
            details={"remedy": _("Load the page again.")},
        ),
    )


def unknown_host(request: HttpRequest) -> HttpResponse:
    """The refusal of a host name without a tenant. There is no session yet, so the page has no navigation."""
    refusal = RouteNotFound(
        _("There is no company at this address. Check the spelling."), reason=Reason.NO_SUCH_TENANT
    )
    return refusal_response(request, refusal)


def unavailable(request: HttpRequest) -> HttpResponse:
    """503: the database is not available. Nothing was changed unless the door had already committed."""
    return _outside(request, 503, _("Asora is not available right now"), retry_after="5")


def failed(request: HttpRequest) -> HttpResponse:
    """handler500: shows a request id and no details of the error. An unreachable database is a 503."""
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        return unavailable(request)
    return _outside(request, 500, _("Something went wrong on our side"))


def _outside(request: HttpRequest, status: int, title: str, *, retry_after: str = "") -> HttpResponse:
    request_id = getattr(request, "request_id", "")
    changed = _what_was_changed()
    if wants_json(request):
        message = f"{title}. {changed}"
        response: HttpResponse = JsonResponse({"message": message, "requestId": request_id}, status=status)
    else:
        context = {"request_id": request_id, "title": title, "changed": changed, "status": status}
        response = render(request, "500.html", context, status=status)
    if retry_after:
        response["Retry-After"] = retry_after
    return response


def _what_was_changed() -> str:
    """What the person must know before they send the form again. It depends on whether the door had committed."""
    match commit_state.current():
        case CommitState.COMMITTED:
            return _("Your change was recorded, but this page could not be shown. Do not send it again.")
        case CommitState.COMMITTING:
            return _(
                "The database did not confirm your change. Check whether it was recorded before you send it again."
            )
        case _:
            return _("Nothing was changed. You can try again in a moment.")
