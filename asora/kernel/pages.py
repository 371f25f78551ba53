"""What every view is made of: a declared policy, loading that authorises, and one way to answer.

A page and its HTMX fragment come from the same view at the same URL (ui.md, "HTMX"). A refusal is shown as a page,
a fragment or JSON, whichever was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.door import SIGNED_IN
from asora.kernel.evidence import complete
from asora.kernel.gates import hub_not_granted, lacking, not_signed_in, require_recent_proof
from asora.kernel.refusals import Reason, Refusal, RouteNotFound

M = TypeVar("M", bound=Model)
R = TypeVar("R", bound=Refusal)
View = Callable[..., HttpResponseBase]


class AsoraRequest(HttpRequest):
    """A request as the middleware leaves it: with its act, and django-htmx's details."""

    act: Act
    htmx: Any


def page(
    *,
    permission: str = "",
    methods: Sequence[str] = ("GET",),
    step_up: bool = False,
    tries: str = "",
    is_form: bool = False,
    asked: Callable[[AsoraRequest], tuple[dict[str, Any], set[int]]] | None = None,
) -> Callable[[View], View]:
    """Declare who may open a route and how. Without `permission`: everybody who is signed in.

    `step_up`: asks for a recent proof already when the page is opened, so that nothing typed into it is lost.
    `tries`: the action that it leads to, which the event of a refusal at its door names (`asora.tried`).
    `is_form`: something is typed there that another address takes; a page that takes it itself is known by `methods`.
    `asked`: what was asked for, and at which hubs, for the event of somebody whose role may not even ask.
    Refusals: ROUTE_NOT_FOUND METHOD_NOT_ALLOWED, AUTH_REQUIRED (NO_SESSION, SESSION_EXPIRED, STEP_UP_REQUIRED),
    PERMISSION_DENIED.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: AsoraRequest, *args: Any, **values: Any) -> HttpResponseBase:
            _check_method(request, methods)
            if not request.act.actor.is_authenticated:
                raise not_signed_in(request.act)
            if step_up:
                require_recent_proof(request.act)
            if permission and not request.act.actor.may(permission):
                raise lacking(request.act, permission)
            return view(request, *args, **values)

        guarded.policy = permission or SIGNED_IN  # type: ignore[attr-defined]
        guarded.methods = tuple(methods)  # type: ignore[attr-defined]
        guarded.tries = tries  # type: ignore[attr-defined]
        guarded.asked = asked  # type: ignore[attr-defined]
        guarded.is_form = is_form or {"GET", "POST"} <= set(methods)  # type: ignore[attr-defined]
        return guarded

    return declare


def open_page(*, methods: Sequence[str] = ("GET",)) -> Callable[[View], View]:
    """Declare a route that needs no sign-in (sign-in itself, the public front page)."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: AsoraRequest, *args: Any, **values: Any) -> HttpResponseBase:
            _check_method(request, methods)
            return view(request, *args, **values)

        guarded.policy = "anyone"  # type: ignore[attr-defined]
        guarded.methods = tuple(methods)  # type: ignore[attr-defined]
        guarded.is_form = {"GET", "POST"} <= set(methods)  # type: ignore[attr-defined]
        return guarded

    return declare


def _check_method(request: HttpRequest, methods: Sequence[str]) -> None:
    allowed = {*methods, "HEAD"} if "GET" in methods else set(methods)
    if request.method not in allowed:
        raise RouteNotFound(
            _("This address does not take %(method)s.") % {"method": request.method},
            reason=Reason.METHOD_NOT_ALLOWED,
            details={"allowed": sorted(allowed)},
        )


def load(
    request: AsoraRequest,
    source: type[M] | QuerySet[M],
    *,
    permission: str,
    hub: Callable[[M], Any] | None = None,
    **lookup: Any,
) -> M:
    """The one record that `lookup` names, for somebody who may see it.

    `hub`: picks the hub that the record belongs to, when hub grants apply to it. Refusals: PERMISSION_DENIED
    (role, or hub not granted), ROUTE_NOT_FOUND NO_SUCH_RECORD.
    """
    if permission != SIGNED_IN and not request.act.actor.may(permission):
        raise lacking(request.act, permission)
    rows: QuerySet[M] = source if isinstance(source, QuerySet) else source._default_manager.all()
    found = None if any("\x00" in str(value) for value in lookup.values()) else rows.filter(**lookup).first()
    if found is None:
        raise RouteNotFound(
            _("There is no such %(kind)s here.") % {"kind": rows.model._meta.verbose_name},
            reason=Reason.NO_SUCH_RECORD,
        )
    if hub is not None and not request.act.actor.may("inventory.operate_hub", hub(found)):
        raise hub_not_granted(hub(found))
    return found


def wants_fragment(request: HttpRequest) -> bool:
    """Whether HTMX asks for a piece: not for a history restore, and not for a boosted link."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx and not htmx.history_restore_request and not htmx.boosted)


def wants_json(request: HttpRequest) -> bool:
    """Whether the client prefers JSON to a page."""
    accept = request.headers.get("Accept", "")
    return "application/json" in accept and "text/html" not in accept


def respond(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    fragment: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render the page, or only `fragment` when HTMX asks for it."""
    chosen = fragment if fragment and wants_fragment(request) else template
    response = render(request, chosen, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def refused_form(
    request: HttpRequest,
    template: str,
    form: BaseForm,
    refusal: Refusal,
    context: Mapping[str, Any],
    *,
    fragment: str = "",
) -> HttpResponse:
    """The form again, everything typed still there, each error at its field, the refusal above it."""
    complete(refusal)
    if wants_json(request):
        raise refusal
    for name, entries in cast(dict[str, list[dict[str, str]]], refusal.details.get("fields", {})).items():
        known = name if name in form.fields else None
        for entry in entries:
            messages = list(form.errors.get(name) or []) if known else form.non_field_errors()
            if entry["message"] not in messages:
                form.add_error(known, entry["message"])
    return respond(
        request,
        template,
        {**context, "form": form, "refusal": refusal},
        fragment=fragment,
        status=refusal.status,
    )


def shown_on(refusal: R, template: str, context: Mapping[str, Any]) -> R:
    """The refusal, to be raised, with the page that it is shown on instead of one of its own: a form, as it was typed.

    HTMX still gets the refusal alone, beside the page that is there, and JSON is JSON.
    """
    refusal.page = (template, context)
    return refusal


def refusal_response(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A refusal as JSON, HTMX fragment or page; 401 names no challenge, 429-like waits carry Retry-After."""
    request_id = getattr(request, "request_id", "")
    complete(refusal)
    if wants_json(request):
        response: HttpResponse = JsonResponse(refusal.as_json(request_id=request_id), status=refusal.status)
    else:
        template, context = refusal.page or ("refusal.html", {})
        response = respond(
            request,
            template,
            {**context, "refusal": refusal, "request_id": request_id},
            fragment="_refusal.html",
            status=refusal.status,
        )
        if wants_fragment(request):
            # A refusal does not replace what was asked for: it is shown beside it.
            response["HX-Retarget"], response["HX-Reswap"] = "#notices", "innerHTML"
    if wait := refusal.details.get("retry_after"):
        response["Retry-After"] = str(wait)
    if allowed := refusal.details.get("allowed"):
        response["Allow"] = ", ".join(allowed)
    return response
