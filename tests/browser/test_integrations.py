"""An owner sets up an endpoint; a dispatch fails, is explained, and is sent again by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from standardwebhooks import Webhook

from integrations.endpoints.models import Endpoint
from integrations.signatures.keys import webhook_keys
from integrations.types.catalogue import TEST
from ledger.models import Posting
from plans.models import Tenant
from tests.browser.test_receiving import fill_head, fill_line
from tests.integrations.receiver import Receiver, running

RECEIPT = "inventory.posting.receipt.v1"
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
    page.locator(f"input[value='{RECEIPT}']").check()
    page.get_by_role("button", name="Create endpoint").click()
    expect(page.get_by_role("heading", name="Save this signing secret")).to_be_visible()
    return page.get_by_text(SECRET).inner_text()


def test_an_owner_sets_up_an_endpoint(shop: Tenant, open_as: Callable[..., Page], receiver: Receiver) -> None:
    page = open_as("owner")
    page.goto("/integrations/new/")
    page.get_by_role("textbox", name="Name").fill("Web shop")
    page.get_by_role("textbox", name="Address").fill("https://10.0.0.7/hook")
    page.locator(f"input[value='{RECEIPT}']").check()
    page.get_by_role("button", name="Create endpoint").click()
    expect(page.locator("#id_url_error")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Web shop")
    expect(page.locator(f"input[value='{RECEIPT}']")).to_be_checked()

    secret = set_up(page, receiver)
    endpoint = Endpoint.objects.get()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="How the other system checks signatures").click()
    tab = opened.value
    [key] = webhook_keys(schema=shop.schema_name)
    expect(tab.get_by_text(key.public_text)).to_be_visible()
    tab.get_by_role("link", name="JavaScript").click()
    expect(tab.locator(".source pre")).to_contain_text("createHmac")
    with tab.expect_download() as download:
        tab.locator(".source").get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "verify.mjs"
    tab.close()
    expect(page.get_by_text(secret, exact=True)).to_be_visible()

    page.get_by_role("link", name="I have saved it, continue").click()
    expect(page.get_by_role("heading", name="Web shop")).to_be_visible()
    assert secret not in page.content()
    assert str(endpoint.pk) in page.url

    assert receiver.received() == []
    page.get_by_role("button", name="Send a test event").first.click()
    expect(page.get_by_text("1 payload was delivered.")).to_be_visible()
    [got] = receiver.received()
    assert Webhook(secret).verify(got.body, dict(got.headers))["type"] == TEST


@pytest.mark.parametrize("scripts", [True, False], ids=["", "without JavaScript"])
def test_a_failed_dispatch_is_explained_and_sent_again(
    shop: Tenant, open_as: Callable[..., Page], receiver: Receiver, *, scripts: bool
) -> None:
    page = open_as("owner", java_script_enabled=scripts)
    secret = set_up(page, receiver)
    page.goto("/receive/")
    fill_head(page)
    fill_line(page, 0, sku="BOLT", place="A-1", quantity="12", cost="0.25")
    page.get_by_role("button", name="Post receipt").click()
    expect(page.get_by_text("is now in the ledger")).to_be_visible()

    receiver.behave("status", status=503, body="Down for maintenance until noon.")
    page.goto("/integrations/")
    page.get_by_role("link", name="Web shop").first.click()
    page.get_by_role("navigation", name="Pages of this endpoint").get_by_role("link", name="Queue").click()
    assert receiver.received() == [], "nothing is sent by itself"
    page.get_by_role("button", name="Send everything queued").click()
    expect(page.get_by_text("1 payload was not delivered. Your inventory is not affected.")).to_be_visible()

    page.locator("#listing a.row-link").click()
    expect(page.get_by_role("heading", name="1 attempt")).to_be_visible()
    expect(page.locator(".attempt")).to_contain_text("503")
    page.get_by_text("Start of the answer").click()
    expect(page.get_by_text("Down for maintenance until noon.")).to_be_visible()

    page.get_by_role("link", name="Explain").click()
    expect(page.locator(".explanation")).to_have_attribute("data-verdict", "stopped")
    expect(page.locator(".chain [data-verdict=stopped]")).to_contain_text("The receiver failed.")
    page.get_by_role("link", name="Payload 1").click()
    assert len(receiver.received()) == 1, "nothing is sent again by itself"

    receiver.behave("good")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("1 payload was delivered.")).to_be_visible()
    page.locator("#listing a.row-link").click()
    expect(page.get_by_role("heading", name="2 attempts")).to_be_visible()
    page.get_by_role("link", name="Explain").click()
    expect(page.get_by_role("heading", name="It arrived")).to_be_visible()

    first, second = receiver.received()
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    payload = Webhook(secret).verify(second.body, dict(second.headers))
    assert payload["type"] == RECEIPT
    assert payload["asoranumber"] == 1
    posting = Posting.objects.get()
    assert payload["data"]["position"] == posting.position
