"""Finding one's way: filters and their addresses, search, theme, and the same without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from plans.models import Tenant


def test_back_and_forward_keep_the_filter(shop: Tenant, open_as: Callable[..., Page]) -> None:
    page = open_as("viewer")
    page.goto("/items/")
    rows = page.locator("#listing tbody tr")
    expect(rows).to_have_count(3)
    loads: list[str] = []
    page.on("domcontentloaded", lambda opened: loads.append(opened.url))

    page.get_by_label("Search", exact=True).fill("oil")
    page.get_by_label("Search", exact=True).press("Enter")

    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/items/\?q=oil$"))  # the whole state, and nothing that is empty
    assert loads == []  # only the table was swapped
    page.go_back()
    expect(rows).to_have_count(3)
    expect(page.get_by_label("Search", exact=True)).to_have_value("")
    expect(page.get_by_role("link", name="Clear")).to_be_hidden()
    page.go_forward()
    expect(rows).to_have_count(1)
    expect(page.get_by_label("Search", exact=True)).to_have_value("oil")
    expect(page.get_by_role("link", name="Clear")).to_be_visible()
    rows.first.click()
    expect(page).to_have_url(re.compile(r"/items/OIL/$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"\?q=oil$"))
    expect(rows).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_text("Items")
    page.go_back()
    expect(page).to_have_url(re.compile(r"/items/$"))
    expect(rows).to_have_count(3)
    page.go_forward()
    expect(rows).to_have_count(1)


def test_filters_and_sign_out_without_javascript(shop: Tenant, open_as: Callable[..., Page]) -> None:
    page = open_as("viewer", java_script_enabled=False)
    page.goto("/items/")
    page.get_by_label("Search", exact=True).fill("cable")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#listing tbody tr")).to_have_count(1)

    page.goto("/items/CABLE/")
    page.get_by_role("link", name="Show stock").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cable")

    page.get_by_role("button", name="Account and theme").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    answer = page.goto("/items/")
    assert answer is not None
    assert answer.status == 401


def test_the_theme_stays(shop: Tenant, open_as: Callable[..., Page]) -> None:
    page = open_as("viewer", color_scheme="light")
    page.goto("/items/")
    canvas = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(canvas)

    page.get_by_role("button", name="Account and theme").click()
    page.get_by_role("button", name="Dark").click()

    assert page.evaluate(canvas) != light
    dark = page.evaluate(canvas)
    page.goto("/vendors/")
    assert page.evaluate(canvas) == dark
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Account and theme").click()
    page.get_by_role("button", name="Same as system").click()
    assert page.evaluate(canvas) == light


def test_search_by_a_key(shop: Tenant, open_as: Callable[..., Page]) -> None:
    page = open_as("manager")
    page.goto("/vendors/")

    page.keyboard.press("/")
    page.keyboard.type("a-1")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="SOUTH/A-1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("SOUTH/A-1")

    page.keyboard.press("/")
    page.keyboard.type("bolt")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bolt M8")  # one hit is where one goes
    page.keyboard.press("Control+k")
    expect(page.get_by_role("searchbox", name="Search everything")).to_be_focused()


def test_filters_are_behind_one_button_on_a_phone(shop: Tenant, open_as: Callable[..., Page]) -> None:
    page = open_as("owner", viewport={"width": 390, "height": 844})
    page.goto("/ledger/")
    kind = page.get_by_label("Kind")
    expect(kind).to_be_hidden()
    page.locator("summary", has_text="Filters").click()
    kind.select_option("receipt")
    expect(page).to_have_url(re.compile("kind=receipt"))
    page.reload()
    expect(page.get_by_label("Kind")).to_have_value("receipt")
    expect(page.get_by_label("Kind")).to_be_visible()  # what is set is never hidden
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.locator("summary", has_text="Filters")).to_be_hidden()
    page.goto("/ledger/")
    expect(page.get_by_label("Kind")).to_be_visible()


def test_the_entry_of_a_page_is_in_view_in_the_rail(shop: Tenant, open_as: Callable[..., Page]) -> None:
    page = open_as("owner", viewport={"width": 1280, "height": 600})
    page.goto("/integrations/")
    expect(page.locator(".rail [aria-current]")).to_be_in_viewport()
    assert page.evaluate("scrollY") == 0
