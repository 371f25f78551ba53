"""One request of an agent inside a tenant: binds the tenant, runs the tenant's own page, and records the look.

This is the only module of the desk that binds a tenant for an agent. The page runs under the addresses of the session
(`/support/tenants/<slug>/…`), as an actor who may only read, and on support's own database connection. Whether the
session is still open is checked before the page runs, before its result is shown, and before each chunk of a stream.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.http import Http404, HttpResponseBase, StreamingHttpResponse
from django.urls import (
    ResolverMatch,
    get_script_prefix,
    get_urlconf,
    set_script_prefix,
    set_urlconf,
)

from asora.kernel import binding
from asora.kernel.act import Act
from asora.kernel.pages import AsoraRequest, refusal_response
from asora.kernel.refusals import Reason, Refusal, RouteNotFound
from plans.models import Tenant
from support.access import database_role, looks, queries
from support.access.actions import not_open
from support.access.models import AccessSession

#: Seconds between two checks of a session during a stream.
CHECKED_EVERY = 0.25
CHANGED_ON_REQUEST = ("act", "tenant", "urlconf", "path_info", "resolver_match", "people", "access")


@dataclass(frozen=True, slots=True)
class Access:
    """What the frame of a page inside a session shows. The addresses are those of the public host."""

    session: AccessSession
    tenant: Tenant
    agent_name: str
    desk_url: str
    tenant_url: str
    end_url: str
    security_url: str
    sign_out_url: str


@dataclass(slots=True)
class Visit:
    """One request inside a session. `prefix`: the address of the tenant inside the desk, with its last slash."""

    request: AsoraRequest
    access: Access
    match: ResolverMatch
    prefix: str
    agent: Act
    connection: Any = None

    def answer(self) -> HttpResponseBase:
        """The response of the page. Its event is in the tenant's trail before anybody gets it.

        Refusals: PERMISSION_DENIED ACCESS_NOT_OPEN if the session ended while the page was made. Raises Unavailable.
        """
        self.connection = database_role.open_connection()
        is_streaming = False
        try:
            with self._entered():
                response, refusal = self._run()
            if not self._is_open():
                refusal, response = not_open("ended"), None
            with self._entered():
                self._record("refused" if refusal else "allowed", refusal)
                if response is None and refusal is not None and refusal.reason is not Reason.ACCESS_NOT_OPEN:
                    response = refusal_response(self.request, refusal)
            if response is None:
                raise cast(Refusal, refusal)
            response.headers.setdefault("Cache-Control", "no-store")
            if isinstance(response, StreamingHttpResponse):
                is_streaming = True
                chunks = cast(Iterable[bytes], response.streaming_content)
                response.streaming_content = self._guarded(iter(chunks))
                # A stream that nobody begins to read does not end by itself.
                response._resource_closers.append(self._close)  # type: ignore[attr-defined]  # noqa: SLF001 (no public way)
            return response
        finally:
            if not is_streaming:
                self._close()

    def _run(self) -> tuple[HttpResponseBase | None, Refusal | None]:
        match = self.match
        try:
            return match.func(self.request, *match.args, **match.kwargs), None
        except Http404:
            return None, RouteNotFound(reason=Reason.NO_SUCH_RECORD)
        except Refusal as refusal:
            return None, refusal
        except Exception as error:
            self._record("failed", None)
            error.audited = True  # type: ignore[attr-defined]
            raise

    def _guarded(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The chunks of a stream, each made inside the tenant. Raises the refusal as soon as the session has ended."""
        checked = time.monotonic()
        try:
            while True:
                if time.monotonic() - checked >= CHECKED_EVERY:
                    checked = time.monotonic()
                    if not self._is_open():
                        refusal = not_open("ended")
                        with self._entered():
                            self._record("refused", refusal)
                        raise refusal
                with self._entered():
                    chunk = next(chunks, None)
                if chunk is None:
                    return
                yield chunk
        finally:
            with self._entered():
                close = getattr(chunks, "close", None)
                if close is not None:
                    close()
            self._close()

    @contextmanager
    def _entered(self) -> Iterator[None]:
        """Be inside the tenant: its connection, addresses and actor. Afterwards everything is as before."""
        request, before = self.request, self._values_of_request()
        urlconf, prefix, bound = get_urlconf(), get_script_prefix(), binding.tenant()
        with ExitStack() as stack:
            if self.connection is not None:
                stack.enter_context(binding.in_place_of_default(self.connection))
            else:
                stack.callback(binding.bind, bound)
            binding.bind(self.access.tenant)
            set_urlconf(settings.ROOT_URLCONF)
            set_script_prefix(self.prefix)
            try:
                self._change_request()
                yield
            finally:
                set_urlconf(urlconf)
                set_script_prefix(prefix)
                for name in CHANGED_ON_REQUEST:
                    request.__dict__.pop(name, None)
                request.__dict__.update(before)

    def _values_of_request(self) -> dict[str, Any]:
        known = self.request.__dict__
        return {name: known[name] for name in CHANGED_ON_REQUEST if name in known}

    def _change_request(self) -> None:
        request: Any = self.request
        request.__dict__.pop("people", None)  # the names of the public host's directory
        request.tenant = self.access.tenant
        request.act = self.act
        request.urlconf = settings.ROOT_URLCONF
        request.path_info = "/" + request.path.removeprefix(self.prefix)
        request.resolver_match = self.match
        request.access = self.access

    @property
    def act(self) -> Act:
        """The agent's act inside the tenant."""
        return looks.act_inside(self.agent, self.access.session)

    def _is_open(self) -> bool:
        return queries.is_open(self.access.session, self.agent.actor)

    def _record(self, outcome: str, refusal: Refusal | None) -> None:
        looks.record(
            self.act,
            self.access.session,
            outcome=outcome,
            refusal=refusal,
            address=self.request.get_full_path().removeprefix(self.prefix[:-1]),
            page=self.match.view_name,
            method=str(self.request.method),
        )

    def _close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None
