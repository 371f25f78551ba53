"""The base of browser tests: the product on a loopback port, a real Chromium, and real commits.

- `shop`: a throw-away tenant with two hubs, six bins, two vendors and three items, bound.
- `open_as("receiver")`: a page of that person's browser on the bound tenant's host; without a role, nobody's.

After every test: no error in the console of any page (which is also where Chromium reports what the content security
policy stopped), no exception, and no request that left this machine.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import connection
from django.test.testcases import QuietWSGIRequestHandler
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from plans.models import Tenant
from tests.browser.chromium import PROGRAM, launch
from tests.conftest import TenantClient, bound_tenant
from tests.factories import people
from tests.factories.master_data import make_master_data

# A refusal has a 4xx status, which Chromium mentions in the console; that is no error of the page.
REFUSED = "Failed to load resource: the server responded with a status of 4"
PATIENCE = 30_000  # milliseconds: a busy machine is slow, not wrong


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here need a browser; without one they are skipped, except in CI, where that would hide failures."""
    here = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    for item in here:
        item.add_marker(pytest.mark.browser)
        if not PROGRAM.exists() and os.environ.get("CI") != "true":
            item.add_marker(pytest.mark.skip(reason="no Chromium here: install Debian's package chromium"))


class _Server(ThreadedWSGIServer):
    """A thread for each connection of the browser, none of which outlives it or its database connection."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Chromium may close connections at any time; errors of the product are answers, not exceptions."""


@contextlib.contextmanager
def serving() -> Iterator[int]:
    """The product with the settings of this moment, served on a free port of this machine; yields the port."""
    server = _Server(("127.0.0.1", 0), QuietWSGIRequestHandler, ipv6=False)
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def port(django_db_setup: None) -> Iterator[int]:
    """The product, served on a free port of this machine."""
    with serving() as number:
        yield number


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One Chromium for all browser tests; each person in a test has a profile of their own."""
    # Playwright's loop runs in this thread, which Django takes for a sign of asynchronous code; it is none.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def shop(committed_tenant: Callable[..., Tenant]) -> Tenant:
    """A throw-away tenant with master data and no stock, bound."""
    tenant = committed_tenant()
    make_master_data()
    return tenant


@pytest.fixture
def open_as(chromium: Browser, port: int) -> Iterator[Callable[..., Page]]:
    """`open_as("receiver")`: a page of their browser; `""`: of somebody who is not signed in.

    Takes the options of a browser context: `java_script_enabled=False`, `viewport=…`, `has_touch=True`.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(role: str = "", *, tenant: Tenant | None = None, user: Any = None, **options: Any) -> Page:
        where = tenant or bound_tenant()
        page = open_page(chromium, where, port=port, complaints=complaints, **options)
        contexts.append(page.context)
        if role or user:
            page.context.add_cookies(
                [session_cookie(user or people.person(role, where), where, url=url_of(where, port))]
            )
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def open_page(browser: Browser, tenant: Tenant, *, port: int, complaints: list[str], **options: Any) -> Page:
    """A page of a fresh profile; what its console, its scripts and the network complain about is collected."""
    settings = {"base_url": url_of(tenant, port), "reduced_motion": "reduce", "locale": "en-GB"}
    context = browser.new_context(**settings | options)
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    context.on("console", lambda message: _note(complaints, message))
    context.on("weberror", lambda error: complaints.append(f"{error.page and error.page.url}: {error.error}"))
    context.on("request", lambda request: _note_address(complaints, request.url))
    return context.new_page()


def url_of(tenant: Tenant, port: int) -> str:
    """The address of a tenant's host; Chromium takes every name below localhost for this machine."""
    host = "localhost" if tenant.schema_name == "public" else f"{tenant.slug}.localhost"
    return f"http://{host}:{port}"


def session_cookie(user: Any, tenant: Tenant, *, url: str) -> dict[str, Any]:
    """The cookie of somebody who has signed in."""
    client = TenantClient(tenant)
    client.sign_in(user)
    connection.set_tenant(tenant)
    return {"name": "asora_session", "value": client.cookies["asora_session"].value, "url": url}


def _note(complaints: list[str], message: Any) -> None:
    if message.type == "error" and not message.text.startswith(REFUSED):
        complaints.append(f"{message.location.get('url')}: {message.text}")


def _note_address(complaints: list[str], url: str) -> None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme in {"http", "https", "ws", "wss"} and host.rpartition(".")[2] != "localhost":
        complaints.append(f"a request left this machine: {url}")
