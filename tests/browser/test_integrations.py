"""An owner sets up an endpoint; a dispatch fails, is explained, and is sent again by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from integrations.endpoints.models import Endpoint
from integrations.signatures.keys import webhook_keys
from plans.models import Tenant
from tests.integrations.receiver import Receiver, running

SECRET = re.compile(r"^whsec_\S+$")


@pytest.fixture(scope="module")
def _receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with running(tmp_path_factory.mktemp("receiver")) as made:
        yield made


@pytest.fixture
def receiver(_receiver: Receiver, settings: Any) -> Receiver:
    """A web shop's system, which the product may contact although it is on this machine."""
    _receiver.start()
    _receiver.reset()
    settings.ASORA_OUTBOUND_ALLOWED = _receiver.allowed
    settings.ASORA_OUTBOUND_CA_FILE = _receiver.ca_file
    return _receiver


def set_up(page: Page, receiver: Receiver) -> str:
    """From the dashboard to a new endpoint, which receives deliveries. Returns the secret that was shown."""
    page.goto("/")
    page.get_by_role("link", name="Integrations").first.click()
    page.get_by_role("link", name="New endpoint").first.click()
    page.get_by_role("textbox", name="Name").fill("Web shop")
    page.get_by_role("textbox", name="Address").fill(receiver.url("/hook"))
    page.locator("input[value='inventory.posting.receipt.v1']").check()
    page.get_by_role("button", name="Create endpoint").click()
    expect(page.get_by_role("heading", name="Save this signing secret")).to_be_visible()
    return page.get_by_text(SECRET).inner_text()


def test_an_owner_sets_up_an_endpoint(shop: Tenant, open_as: Callable[..., Page], receiver: Receiver) -> None:
    page = open_as("owner")
    page.goto("/integrations/new/")
    page.get_by_role("textbox", name="Name").fill("Web shop")
    page.get_by_role("textbox", name="Address").fill("https://10.0.0.7/hook")
    page.locator("input[value='inventory.posting.receipt.v1']").check()
    page.get_by_role("button", name="Create endpoint").click()
    expect(page.locator("#id_url_error")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Web shop")
    expect(page.locator("input[value='inventory.posting.receipt.v1']")).to_be_checked()

    secret = set_up(page, receiver)
    endpoint = Endpoint.objects.get()
    page.get_by_role("link", name="How the other system checks signatures").click()
    [key] = webhook_keys(schema=shop.schema_name)
    expect(page.get_by_text(key.public_text)).to_be_visible()
    page.get_by_role("link", name="JavaScript").click()
    expect(page.locator(".source pre")).to_contain_text("createHmac")
    with page.expect_download() as download:
        page.locator(".source").get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "verify.mjs"

    page.get_by_role("link", name="Integrations").last.click()
    page.get_by_role("link", name="Web shop").click()
    expect(page.get_by_role("heading", name="Web shop")).to_be_visible()
    assert secret not in page.content()
    assert str(endpoint.pk) in page.url
