"""The middleware of every request: health checks, tenant and request id, the act, and refusals.

The order is set in `asora.settings.MIDDLEWARE` and matters: health checks come before the tenant (where unknown hosts
answer 404), the act comes after authentication, and refusals are innermost.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import structlog
from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied, SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.models import F
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import Resolver404, resolve, set_urlconf
from django_tenants.utils import get_public_schema_name

from asora.accounts.models import User
from asora.accounts.sign_in.queries import actor_of_session
from asora.accounts.sign_in.sealed_resubmission import remember
from asora.accounts.sign_in.sessions import SessionRequest
from asora.kernel import binding, commit_state
from asora.kernel.act import Act
from asora.kernel.actors import anonymous
from asora.kernel.database_errors import Unavailable
from asora.kernel.events import record_event
from asora.kernel.ladder import Outcome
from asora.kernel.pages import AsoraRequest
from asora.kernel.refusals import Reason, Refusal, RouteNotFound
from asora.kernel.request_ids import new_request_id
from asora.operations import health, sealing
from asora.startup import guarantees
from asora.web import refusal_pages
from asora.web.request_subjects import subject_of
from plans.models import Tenant
from plans.reachable import HasSchema
from support.access import database_role

Handler = Callable[[AsoraRequest], HttpResponseBase]
log = structlog.get_logger("asora.request")
SAID_BY_DJANGO = (SuspiciousOperation, BadRequest, PermissionDenied, MultiPartParserError)
CLIENT_REQUEST_ID = re.compile(r"^[\x21-\x7e]{1,128}$")


class HealthMiddleware:
    """`/healthz`: the process answers. `/readyz`: the database answers and the guarantees are met.

    `/readyz` also counts ledgers whose last proof is broken or overdue, and tenants whose seals are broken, late or not
    checked. People should look at them, but that is no reason to take a server out of service: a broken ledger must
    still be readable so that it can be repaired.

    This middleware comes before all others except the content security policy. So responses that never reach a tenant
    (health checks, static files, redirects to HTTPS) also have a request id.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: AsoraRequest) -> HttpResponseBase:
        request.request_id = request_id = new_request_id("public")
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self._answer(request)
            if "X-Request-ID" not in response:
                response["X-Request-ID"] = request_id
            response.headers.setdefault("X-Content-Type-Options", "nosniff")
            return response
        finally:
            structlog.contextvars.clear_contextvars()

    def _answer(self, request: AsoraRequest) -> HttpResponseBase:
        if request.path == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            return self._ready()
        return self.get_response(request)

    def _ready(self) -> HttpResponse:
        proofs: dict[str, int] | None = None
        seals: dict[str, int] | None = None
        support_role: str | None = None
        try:
            found = guarantees.problems()
            if not found:
                proofs, seals = health.numbers(), sealing.numbers()
                support_role = database_role.state()
        except (DatabaseError, InterfaceError):
            log.exception("the database does not answer")
            found = ["the database does not answer"]
        finally:
            binding.bind_public()
        if found:
            log.error("not ready", problems=found)
        return JsonResponse(
            {
                "status": "unavailable" if found else "ok",
                "problems": len(found),
                "proofs": proofs,
                "seals": seals,
                "support_role": support_role,
            },
            status=503 if found else 200,
        )


class TenancyMiddleware:
    """Binds the connection to the host's tenant, gives the request its id, and unbinds the tenant at the end."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: AsoraRequest) -> HttpResponseBase:
        binding.bind_public()
        structlog.contextvars.clear_contextvars()
        commit_state.begin()
        try:
            response = self._answer(request)
            response["X-Request-ID"] = request.request_id
            log.info("answered", method=request.method, path=request.path, status=response.status_code)
            return response
        finally:
            binding.bind_public()
            set_urlconf(None)
            structlog.contextvars.clear_contextvars()

    def _answer(self, request: AsoraRequest) -> HttpResponseBase:
        try:
            tenant = _tenant_of(request)
        except (OperationalError, InterfaceError):
            _name(request, None)
            log.exception("unavailable")
            return refusal_pages.unavailable(request)
        _name(request, tenant)
        if tenant is None:
            return refusal_pages.unknown_host(request)
        if not tenant.has_schema:
            # With a missing schema bound, the request would read and write public rows.
            log.error("the tenant's schema is missing", schema=tenant.schema_name)
            return refusal_pages.unavailable(request)
        request.tenant = tenant
        binding.bind(tenant)
        set_urlconf(_urlconf_of(tenant, request))
        return self.get_response(request)


def _name(request: AsoraRequest, tenant: Tenant | None) -> None:
    """Give the request an id, and bind it for the log."""
    request.request_id = new_request_id(tenant.slug if tenant else "public")
    structlog.contextvars.bind_contextvars(
        request_id=request.request_id,
        tenant=tenant.slug if tenant else None,
    )


def _tenant_of(request: AsoraRequest) -> Tenant | None:
    """The tenant of the host name, annotated with whether its schema exists."""
    try:
        host = request.get_host().rsplit(":", 1)[0].lower().rstrip(".")
    except DisallowedHost:
        return None
    return (
        Tenant.objects.annotate(has_schema=HasSchema(F("schema_name"))).filter(domains__domain=host).first()
    )


def _urlconf_of(tenant: Tenant, request: AsoraRequest) -> str:
    is_public = tenant.schema_name == get_public_schema_name()
    urlconf: str = settings.PUBLIC_SCHEMA_URLCONF if is_public else settings.ROOT_URLCONF
    request.urlconf = urlconf
    return urlconf


class ActMiddleware:
    """Resolves the actor before the view runs, so that no view reads a lazy user or a header."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: SessionRequest) -> HttpResponseBase:
        request.session.user_agent = _plain(request.headers.get("User-Agent", ""))
        request.user = user = get_user(request)
        schema = binding.schema_name()
        actor = (
            actor_of_session(user, request.session)
            if isinstance(user, User) and user.schema == schema
            else None
        )
        if actor is not None:
            request.session.touch()
        inbound = request.headers.get("X-Request-ID", "")
        request.act = Act(
            tenant=request.tenant,
            actor=actor or anonymous(schema, session_ref=_ref_of_late(request)),
            request_id=request.request_id,
            client_request_id=inbound if CLIENT_REQUEST_ID.match(inbound) else "",
            route=_route_of(request),
        )
        response = self.get_response(request)
        if actor is not None and isinstance(user, User):
            remember(request, response, user)
        return response


def _ref_of_late(request: SessionRequest) -> str:
    """The digest of the ended session that the request names; empty if there is none."""
    late = request.session.late
    return late.ref if late is not None else ""


def _plain(text: str) -> str:
    """A header without characters that the database refuses, cut to the length of its column."""
    return text.replace("\x00", "").encode(errors="replace").decode()[:200]


def _route_of(request: AsoraRequest) -> str:
    try:
        match = resolve(request.path_info, getattr(request, "urlconf", None))
    except (Resolver404, Http404):
        return f"{request.method} (none)"
    return f"{request.method} /{match.route}"


class RefusalMiddleware:
    """Turns a refusal into its response, and makes sure that it was audited."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: AsoraRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: AsoraRequest, exception: Exception) -> HttpResponseBase | None:
        """Turn refusals and 404s into their pages, unavailability into a 503, and anything else into an audited 500."""
        if isinstance(exception, Http404):
            exception = RouteNotFound(reason=Reason.NO_SUCH_RECORD)
        if isinstance(exception, Refusal):
            return refusal_pages.answer(request, exception)
        if isinstance(exception, Unavailable | OperationalError | InterfaceError):
            log.error("unavailable", exc_info=exception)
            return refusal_pages.unavailable(request)
        if isinstance(exception, SAID_BY_DJANGO):
            return None  # Django calls Asora's handler400 or handler403, which turns it into a refusal and audits that
        if not getattr(exception, "audited", False):
            _record_failure(request)
        return None


def _record_failure(request: AsoraRequest) -> None:
    act = getattr(request, "act", None)
    if act is None or not act.actor.is_authenticated:
        return
    try:
        subject = subject_of(request)
        record_event(
            act,
            Outcome(
                action=subject.action,
                outcome="failed",
                ladder=[],
                resource=subject.resource,
                hubs=subject.hubs,
            ),
        )
    except DatabaseError:
        log.exception("the failure could not be audited")
