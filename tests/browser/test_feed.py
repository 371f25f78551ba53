"""An owner opens the feed of an endpoint to its receiver, changes the token, and closes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from integrations.feed.models import FeedToken
from plans.models import Tenant
from tests.browser.page_faults import faults_of
from tests.conftest import TenantClient
from tests.factories.feeds import poll
from tests.factories.payloads import make_endpoint_row, queue_payloads


def shown_token(page: Page) -> str:
    expect(page.get_by_role("heading", name="Save this token now")).to_be_visible()
    return page.locator(".source pre").first.inner_text().strip()


def test_an_owner_issues_rotates_and_revokes_a_token(
    shop: Tenant, open_as: Callable[..., Page], act_as: Any
) -> None:
    endpoint = make_endpoint_row("Web shop", maker=act_as("owner").actor.ref)
    queue_payloads(endpoint, 3)
    receiver = TenantClient(shop)
    page = open_as("owner")
    page.goto(f"/integrations/{endpoint.pk}/")
    page.get_by_role("link", name="Set up the feed").click()
    assert faults_of(page) == []
    page.get_by_role("link", name="Issue token").click()
    assert faults_of(page) == []
    page.get_by_role("button", name="Issue token").click()
    first = shown_token(page)
    assert faults_of(page) == []
    assert len(poll(receiver, first).content.splitlines()) == 3

    page.get_by_role("link", name="I have saved it").click()
    page.get_by_role("link", name="Rotate token").click()
    page.get_by_role("button", name="Rotate token").click()
    second = shown_token(page)
    page.goto(f"/integrations/{endpoint.pk}/feed/")
    expect(page.get_by_text("Ending")).to_be_visible()
    expect(page.get_by_text(second)).to_have_count(0)
    assert faults_of(page) == []

    page.get_by_role("link", name=f"Revoke {first[:16]}").click()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The token was revoked")).to_be_visible()
    assert [poll(receiver, token).status_code for token in (first, second)] == [401, 200]
    assert FeedToken.objects.count() == 2
