"""Forms of lines by keyboard: Enter in the head."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from plans.models import Tenant

Open = Callable[..., Page]


@pytest.mark.parametrize("path", ["/receive/", "/issue/", "/transfer/", "/adjust/"])
def test_enter_in_the_head_goes_on_to_the_next_field(shop: Tenant, open_as: Open, path: str) -> None:
    page = open_as("manager")
    page.goto(path, wait_until="networkidle")
    head = page.locator(".form-grid :is(input:not([type=hidden]), select, textarea)")
    names = [head.nth(number).get_attribute("name") for number in range(head.count())]
    assert len(names) > 3
    head.first.focus()
    for name in [*names[1:], "lines-0-sku"]:
        page.keyboard.press("Enter")
        expect(page.locator(f"[name={name}]")).to_be_focused()
    expect(page.locator("[data-line]:visible")).to_have_count(1)
    assert page.url.endswith(path), "and nothing was sent"
