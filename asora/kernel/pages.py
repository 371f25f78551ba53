"""The parts of every view: a declared access policy, loading that checks access, and one way to respond.

A page and its HTMX fragment come from the same view at the same URL. A refusal is shown as a page, a fragment or
JSON, depending on the request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Literal, Protocol, TypeVar, cast

from django.contrib import messages
from django.db.models import Model, QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from asora.kernel import binding
from asora.kernel.act import Act, Tenancy
from asora.kernel.evidence import complete
from asora.kernel.gates import hub_not_granted, lacking, not_signed_in, require_recent_proof
from asora.kernel.permissions import SIGNED_IN, Asked, Permission
from asora.kernel.refusals import Reason, Refusal, RouteNotFound
from asora.kernel.shapes import ReadOnlyValues, Values

M = TypeVar("M", bound=Model)
R = TypeVar("R", bound=Refusal)
View = Callable[..., HttpResponseBase]
#: The host that a page is on: a tenant's own, the public one, or each of them.
Host = Literal["tenant", "public", "both"]


class Htmx(Protocol):
    """The part of django-htmx's details of a request that pages use. False in a condition if HTMX did not send it."""

    boosted: bool
    history_restore_request: bool

    def __bool__(self) -> bool:
        """Returns True if HTMX sent the request."""


class AsoraRequest(HttpRequest):
    """A request as the middleware hands it on, with what was added on the way to the view."""

    request_id: str
    tenant: Tenancy
    act: Act
    htmx: Htmx


def page(
    *,
    permission: Permission | None = None,
    host: Host = "tenant",
    methods: Sequence[str] = ("GET",),
    step_up: bool = False,
    tries: str = "",
    is_form: bool = False,
    asked: Callable[[AsoraRequest], tuple[Values, set[int]]] | None = None,
) -> Callable[[View], View]:
    """Declare who may open a route, and with which methods. Without `permission`: everybody who is signed in.

    `host`: where the page is; on the other host it is refused, whatever the URL conf says.
    `step_up`: asks for recent proof of identity when the page is opened, so that no input is lost later.
    `tries`: the action that the page leads to; the event of a refusal names it (`asora.web.request_subjects`).
    `is_form`: the page has a form that another URL receives; a page that receives its own form is known by `methods`.
    `asked`: returns what was requested and at which hubs, for the event of a person without the permission.
    Refusals: ROUTE_NOT_FOUND (NO_SUCH_PAGE, METHOD_NOT_ALLOWED), AUTH_REQUIRED (NO_SESSION, SESSION_EXPIRED,
    STEP_UP_REQUIRED), PERMISSION_DENIED.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: AsoraRequest, *args: Any, **values: Any) -> HttpResponseBase:
            _check_host(request, host)
            _check_method(request, methods)
            if not request.act.actor.is_authenticated:
                raise not_signed_in(request.act)
            if step_up:
                require_recent_proof(request.act)
            if permission and not request.act.actor.may(permission):
                raise lacking(request.act, permission)
            return view(request, *args, **values)

        guarded.policy = permission or SIGNED_IN  # type: ignore[attr-defined]
        guarded.host = host  # type: ignore[attr-defined]
        guarded.methods = tuple(methods)  # type: ignore[attr-defined]
        guarded.tries = tries  # type: ignore[attr-defined]
        guarded.asked = asked  # type: ignore[attr-defined]
        guarded.is_form = is_form or {"GET", "POST"} <= set(methods)  # type: ignore[attr-defined]
        return guarded

    return declare


def open_page(*, host: Host = "tenant", methods: Sequence[str] = ("GET",)) -> Callable[[View], View]:
    """Declare a route that needs no sign-in (the sign-in page, the public front page). Arguments: as of `page`."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: AsoraRequest, *args: Any, **values: Any) -> HttpResponseBase:
            _check_host(request, host)
            _check_method(request, methods)
            return view(request, *args, **values)

        guarded.policy = "anyone"  # type: ignore[attr-defined]
        guarded.host = host  # type: ignore[attr-defined]
        guarded.methods = tuple(methods)  # type: ignore[attr-defined]
        guarded.is_form = {"GET", "POST"} <= set(methods)  # type: ignore[attr-defined]
        return guarded

    return declare


def is_on_host(tenant: Tenancy, host: Host) -> bool:
    """Returns True if a page of `host` is on the host of `tenant`."""
    return host in ("both", "public" if tenant.schema_name == binding.PUBLIC else "tenant")


def _check_host(request: AsoraRequest, host: Host) -> None:
    if not is_on_host(request.act.tenant, host):
        raise RouteNotFound(reason=Reason.NO_SUCH_PAGE)


def _check_method(request: HttpRequest, methods: Sequence[str]) -> None:
    allowed = {*methods, "HEAD"} if "GET" in methods else set(methods)
    if request.method not in allowed:
        raise RouteNotFound(
            _("This address does not support the method %(method)s.") % {"method": request.method},
            reason=Reason.METHOD_NOT_ALLOWED,
            details={"allowed": sorted(allowed)},
        )


def load(
    request: AsoraRequest,
    source: type[M] | QuerySet[M],
    *,
    permission: Asked,
    hub: Callable[[M], Any] | None = None,
    **lookup: Any,
) -> M:
    """Load the record that matches `lookup`, if the user may see it.

    `hub`: gives the hub of the record, if hub grants apply to it. Refusals: PERMISSION_DENIED (role, or hub not
    granted), ROUTE_NOT_FOUND NO_SUCH_RECORD.
    """
    if not request.act.actor.may(permission):
        raise lacking(request.act, permission)
    rows: QuerySet[M] = source if isinstance(source, QuerySet) else source._default_manager.all()
    found = None if any("\x00" in str(value) for value in lookup.values()) else rows.filter(**lookup).first()
    if found is None:
        raise RouteNotFound(
            _("This %(kind)s does not exist.") % {"kind": rows.model._meta.verbose_name},
            reason=Reason.NO_SUCH_RECORD,
        )
    if hub is not None and not request.act.actor.may(Permission.INVENTORY_OPERATE_HUB, hub(found)):
        raise hub_not_granted(hub(found))
    return found


def wants_fragment(request: HttpRequest) -> bool:
    """Returns True if HTMX asks for a fragment: not for a history restore, and not for a boosted link."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx and not htmx.history_restore_request and not htmx.boosted)


def wants_json(request: HttpRequest) -> bool:
    """Returns True if the client prefers JSON to a page."""
    accept = request.headers.get("Accept", "")
    return "application/json" in accept and "text/html" not in accept


def respond(
    request: HttpRequest,
    template: str,
    context: ReadOnlyValues,
    *,
    fragment: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render the page, or only `fragment` if HTMX asks for a fragment."""
    chosen = fragment if fragment and wants_fragment(request) else template
    response = render(request, chosen, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def refused_form(
    request: HttpRequest,
    template: str,
    form: BaseForm,
    refusal: Refusal,
    context: ReadOnlyValues,
    *,
    fragment: str = "",
) -> HttpResponse:
    """Show the form again with the user's input, each error at its field, and the refusal above."""
    complete(refusal)
    if wants_json(request):
        raise refusal
    for name, entries in cast(dict[str, list[dict[str, str]]], refusal.details.get("fields", {})).items():
        known = name if name in form.fields else None
        for entry in entries:
            shown = list(form.errors.get(name) or []) if known else form.non_field_errors()
            if entry["message"] not in shown:
                form.add_error(known, entry["message"])
    return respond(
        request,
        template,
        {**context, "form": form, "refusal": refusal},
        fragment=fragment,
        status=refusal.status,
    )


def shown_on(refusal: R, template: str, context: ReadOnlyValues) -> R:
    """Show a refusal on this page (such as a form with its input) instead of a page of its own. Returns it for `raise`.

    HTMX requests still get only the refusal, shown on the present page, and JSON requests get JSON.
    """
    refusal.page = (template, context)
    return refusal


def sent_back(refusal: R, address: str) -> R:
    """Return to an own page, which shows the refusal as a message. Returns it for `raise`.

    For a form that is one part of a page, such as a list. HTMX and JSON requests still get the refusal itself.
    """
    refusal.back = address
    return refusal


def refusal_response(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A refusal as JSON, HTMX fragment or page. `retry_after` and `allowed` become headers (Retry-After, Allow)."""
    request_id = getattr(request, "request_id", "")
    complete(refusal)
    if refusal.back and not wants_json(request) and not wants_fragment(request):
        messages.error(request, refusal.message)
        return redirect(refusal.back)
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
            # Show the refusal in the notices region instead of the requested fragment.
            response["HX-Retarget"], response["HX-Reswap"] = "#notices", "innerHTML"
    if wait := refusal.details.get("retry_after"):
        response["Retry-After"] = str(wait)
    if allowed := refusal.details.get("allowed"):
        response["Allow"] = ", ".join(allowed)
    return response
