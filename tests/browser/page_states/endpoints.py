"""States of the pages of endpoints."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page


def open_endpoint(page: Page) -> None:
    """The page of the web shop, with the panel of its feed."""
    page.get_by_role("link", name="Web shop", exact=True).click()
    page.get_by_role("heading", name="Web shop", level=1).wait_for()
    page.get_by_role("link", name="Open the feed").wait_for()


def open_tab(name: str) -> Callable[[Page], None]:
    """Another page of the web shop."""

    def then(page: Page) -> None:
        open_endpoint(page)
        page.get_by_role("navigation", name="Pages of this endpoint").get_by_role("link", name=name).click()
        page.locator(f"nav a[aria-current=page]:text-is('{name}')").wait_for()

    return then


def open_payload(page: Page) -> None:
    """The last payload of the web shop."""
    open_tab("Queue")(page)
    page.locator("#listing a.row-link").first.click()
    page.get_by_role("heading", level=1).wait_for()


def open_dispatch(page: Page) -> None:
    """The last dispatch of the web shop."""
    open_tab("Dispatches")(page)
    page.locator("#listing a.row-link").first.click()
    page.get_by_role("heading", level=1).wait_for()


def explain(page: Page) -> None:
    """The question why nothing arrived at the web shop."""
    open_endpoint(page)
    page.get_by_role("link", name="Why did nothing arrive?").click()
    page.get_by_role("heading", level=1).wait_for()


def explain_payload(page: Page) -> None:
    """The way of the last payload of the web shop, step by step."""
    open_payload(page)
    page.get_by_role("link", name="Explain").click()
    page.locator(".chain").first.wait_for()


def refuse_endpoint(page: Page) -> None:
    """A new endpoint without a name, at an address that may not be contacted."""
    page.locator("#id_url").fill("https://127.0.0.1/")
    page.get_by_role("button", name="Create endpoint").click()
    page.get_by_role("alert").wait_for()


def edit(page: Page) -> None:
    """The form of the web shop, for some hubs only."""
    open_endpoint(page)
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Only these hubs").check()


def ask_for_secret(page: Page) -> None:
    """The question before a new secret is made."""
    open_endpoint(page)
    page.get_by_role("link", name="Make a new one").click()
    page.get_by_role("button", name="Make a new secret").wait_for()


def make_secret(page: Page) -> None:
    """A new secret, shown once."""
    ask_for_secret(page)
    page.get_by_role("button", name="Make a new secret").click()
    page.get_by_role("heading", name="Save this signing secret").wait_for()


def see_older_secrets(page: Page) -> None:
    """The page of the web shop while an older secret signs too."""
    make_secret(page)
    page.get_by_role("link", name="I have saved it").click()
    page.get_by_role("button", name="End the older").wait_for()
    page.get_by_role("link", name="Open the feed").wait_for()


def ask_to_rotate_token(page: Page) -> None:
    """The question before the feed has a new token."""
    open_tab("Feed")(page)
    page.get_by_role("link", name="Rotate token").click()
    page.get_by_role("button", name="Rotate token").wait_for()


def rotate_token(page: Page) -> None:
    """A new token of the feed, shown once."""
    ask_to_rotate_token(page)
    page.get_by_role("button", name="Rotate token").click()
    page.get_by_role("heading", name="Save this token now").wait_for()


def ask_to_revoke_token(page: Page) -> None:
    """The question before a token of the feed ends, while an older one is ending too."""
    rotate_token(page)
    page.get_by_role("link", name="I have saved it").click()
    page.get_by_role("link", name="Revoke").first.click()
    page.get_by_role("button", name="Revoke").wait_for()


def ask_to_take_over(page: Page) -> None:
    """The question before an endpoint is taken over."""
    open_endpoint(page)
    page.goto(f"{page.url}take-over/")
    page.get_by_role("button", name="Take over").wait_for()


def ask_to_remove(page: Page) -> None:
    """The question before an endpoint is removed."""
    open_endpoint(page)
    page.get_by_role("link", name="Remove", exact=True).click()
    page.get_by_role("button", name="Remove").wait_for()
