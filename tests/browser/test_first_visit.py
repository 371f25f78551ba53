"""What a first visit loads: from the sign-in page to the dashboard, with an empty cache, served as in production."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect

from asora import settings as product
from plans.models import Tenant
from tests.browser.conftest import open_page, serving, url_of
from tests.factories import people

MAX_BYTES, MAX_REQUESTS = 100_000, 12
HASHED = re.compile(r"\.[0-9a-f]{12}\.(?:min\.)?\w+$")


@pytest.fixture
def production_port(tmp_path: Path, django_db_setup: None) -> Iterator[int]:
    """The product with its static files collected: hashed names, compressed before they are asked for."""
    with override_settings(
        STATIC_ROOT=tmp_path,
        STORAGES={**product.STORAGES},
        WHITENOISE_USE_FINDERS=False,
        WHITENOISE_AUTOREFRESH=False,
    ):
        call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["admin"])
        with serving() as port:
            yield port


class Traffic:
    """What a page has loaded over the network: method, address, status, headers and bytes on the wire."""

    def __init__(self, page: Page) -> None:
        self.loaded: list[dict[str, Any]] = []
        self._under_way: dict[str, dict[str, Any]] = {}
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.requestServedFromCache", self._kept)
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._finished)

    def _sent(self, event: dict[str, Any]) -> None:
        before = self._under_way.pop(event["requestId"], None)
        if before and (redirect := event.get("redirectResponse")):
            self.loaded.append(
                before | {"status": redirect["status"], "bytes": redirect["encodedDataLength"]}
            )
        request = event["request"]
        self._under_way[event["requestId"]] = {"method": request["method"], "url": request["url"]}

    def _kept(self, event: dict[str, Any]) -> None:
        self._under_way.pop(event["requestId"], None)

    def _answered(self, event: dict[str, Any]) -> None:
        response = event["response"]
        if response.get("fromDiskCache"):
            self._kept(event)
        elif entry := self._under_way.get(event["requestId"]):
            entry |= {
                "status": response["status"],
                "headers": {k.lower(): v for k, v in response["headers"].items()},
            }

    def _finished(self, event: dict[str, Any]) -> None:
        if entry := self._under_way.pop(event["requestId"], None):
            self.loaded.append(entry | {"bytes": event["encodedDataLength"]})


def sign_in(page: Page) -> None:
    """As the owner, to the dashboard."""
    page.goto("/sign-in/")
    page.wait_for_load_state("networkidle")
    page.get_by_label("E-mail").fill("owner@example.com")
    page.get_by_role("textbox", name="Password").fill(people.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Items", exact=True).first).to_be_visible()
    page.wait_for_load_state("networkidle")


def test_it_is_small(shop: Tenant, chromium: Browser, production_port: int) -> None:
    complaints: list[str] = []
    page = open_page(chromium, shop, port=production_port, complaints=complaints)
    traffic = Traffic(page)
    sign_in(page)
    page.context.close()

    loaded = traffic.loaded
    listed = "\n".join(f"{entry['bytes']:>7} {entry['method']} {entry['url']}" for entry in loaded)
    assert sum(entry["bytes"] for entry in loaded) < MAX_BYTES, listed
    assert len(loaded) < MAX_REQUESTS, listed
    assert [entry for entry in loaded if entry["status"] >= 400] == []
    assert complaints == []

    files = [entry for entry in loaded if "/static/" in entry["url"]]
    assert {entry["url"].rsplit("/", 1)[1].split(".")[0] for entry in files} == {"app", "htmx-2", "favicon"}
    for entry in files:
        assert HASHED.search(entry["url"]), entry["url"]
        assert entry["headers"]["content-encoding"] == "br"
        assert "immutable" in entry["headers"]["cache-control"]
    pages = [entry for entry in loaded if entry not in files and entry["method"] == "GET"]
    assert [entry["headers"]["content-encoding"] for entry in pages] == ["gzip", "gzip"]


def test_the_next_page_loads_nothing_but_itself(
    shop: Tenant, chromium: Browser, production_port: int
) -> None:
    page = open_page(chromium, shop, port=production_port, complaints=[])
    sign_in(page)
    traffic = Traffic(page)
    page.goto("/items/")
    page.wait_for_load_state("networkidle")
    page.context.close()
    assert [entry["url"] for entry in traffic.loaded] == [f"{url_of(shop, production_port)}/items/"]
