"""A session that ends during a form, and leaving a half-filled form: no input is lost without a question."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, expect

from asora.accounts.models import Session
from inventory.models import Vendor
from plans.models import Tenant
from tests.factories import people


@pytest.fixture
def page(shop: Tenant, open_as: Callable[..., Page]) -> Page:
    """A half-filled form for a new vendor."""
    page = open_as("manager")
    page.goto("/vendors/new/")
    page.get_by_label("Code").fill("OAK")
    page.get_by_label("Name").fill("Oak & Sons")
    return page


def test_after_signing_in_again_the_form_is_back(page: Page) -> None:
    Session.objects.all().delete()
    page.get_by_role("button", name="Create vendor").click()
    expect(page.locator(".summary")).to_contain_text("Nothing was posted")
    page.get_by_label("E-mail").fill("manager@example.com")
    page.get_by_role("textbox", name="Password").fill(people.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Signed in. Your form was kept")
    expect(page.locator(".typed")).to_contain_text("Oak & Sons")
    assert not Vendor.objects.filter(code="OAK").exists()
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Oak & Sons")
    assert Vendor.objects.get(code="OAK").name == "Oak & Sons"


def test_leaving_by_a_link_asks_first(page: Page) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Items").click(no_wait_after=True)
    expect(page.get_by_label("Name")).to_have_value("Oak & Sons")
    page.wait_for_timeout(200)
    assert asked == ["beforeunload"]
    assert page.url.endswith("/vendors/new/")
    page.remove_listener("dialog", stay)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Items").click()
    page.wait_for_url("**/items/")


def test_sending_it_or_taking_everything_back_does_not_ask(page: Page) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept())[1])
    page.get_by_label("Code").fill("")
    page.get_by_label("Name").fill("")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Items").click()
    page.wait_for_url("**/items/")
    page.goto("/vendors/new/")
    page.get_by_label("Code").fill("OAK")
    page.get_by_label("Name").fill("Oak & Sons")
    page.get_by_role("button", name="Create vendor").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Oak & Sons")
    assert asked == []


def test_a_form_that_was_only_opened_does_not_ask(shop: Tenant, open_as: Callable[..., Page]) -> None:
    page = open_as("manager")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept())[1])
    for path in ("/receive/", "/vendors/new/", "/items/new/", "/counts/new/"):
        page.goto(path)
        page.get_by_role("heading", level=1).click()
    page.goto("/")
    assert asked == []
