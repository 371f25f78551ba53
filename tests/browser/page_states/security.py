"""What is done on pages of sign-in and security before they are checked."""

from __future__ import annotations

from playwright.sync_api import Page
from pyotp import TOTP

#: The people who sign in for pages that are shown during sign-in; the screenshots use the demo's people.
VISITOR = {"host": "example.com", "password": "correct horse battery", "with_app": "counter@example.com"}


def begin_as_operator(page: Page) -> None:
    """The first step of the first sign-in of somebody who needs an app: the app is to be set up."""
    page.get_by_label("E-mail").fill(f"platform_lead@{VISITOR['host']}")
    page.get_by_role("textbox", name="Password").fill(VISITOR["password"])
    page.get_by_role("button", name="Sign in").click()
    page.locator(".app-to-scan").wait_for()


def mistype_code(page: Page) -> None:
    """The same with a wrong code."""
    begin_as_operator(page)
    page.locator("[name=one_time_code]").fill("000000")
    page.get_by_role("button", name="Set up and sign in").click()
    page.get_by_role("alert").wait_for()


def go_to_tenant(page: Page) -> None:
    """The page of the tenant with the demo's data."""
    page.get_by_role("link", name="Birch & Daughters").first.click()
    page.get_by_role("heading", name="Plan and usage").wait_for()


def ask_for_plan(page: Page) -> None:
    """The form for another plan of it."""
    go_to_tenant(page)
    page.get_by_role("link", name="Change the plan", exact=True).click()
    page.get_by_label("Reason").wait_for()


def try_plan(page: Page) -> None:
    """What another plan would have changed in the last 90 days."""
    ask_for_plan(page)
    page.get_by_role("radio", name="Free").check()
    page.get_by_role("button", name="Try it on the last 90 days").click()
    page.locator("#result").wait_for()


def refuse_plan(page: Page) -> None:
    """The present plan, without a reason."""
    ask_for_plan(page)
    page.get_by_role("radio", name="Free").check()
    page.get_by_role("button", name="Change the plan").click()
    page.get_by_role("alert").wait_for()


def refuse_password(page: Page) -> None:
    """A password that is not the present one."""
    for label, text in (("Current password", "a guess"), ("New password", "another horse battery")):
        page.get_by_role("textbox", name=label, exact=True).fill(text)
    page.get_by_label("Repeat the new password").fill("another horse")
    page.get_by_role("button", name="Change password").click()
    page.get_by_role("alert").wait_for()


def confirm_with_something_sent(page: Page) -> None:
    """Confirming one's identity after a form was sent: a button sends its contents again."""
    for name, value in {"is_sent": "True", "next": "/settings/security/", "carried": "note=kept"}.items():
        page.locator(f"[name={name}]").evaluate("(field, value) => { field.value = value }", value)
    page.get_by_role("textbox", name="Password").fill(VISITOR["password"])
    page.get_by_role("button", name="Confirm and continue").click()
    page.get_by_role("button", name="Send again").wait_for()


#: The recovery codes of the one who has an app, each good once.
KEPT: list[str] = []


def ask_for_code(page: Page) -> None:
    """The second step of somebody who has an app; set up on the way, the first time."""
    _give_password(page)
    if "/code/" not in page.url:
        page.goto("/settings/security/app/")
        secret = page.locator(".key code").inner_text().replace(" ", "")
        page.locator("[name=one_time_code]").fill(TOTP(secret).now())
        page.get_by_role("button", name="Set up app").click()
        _keep_codes(page)
        _give_password(page)
    page.locator("[name=one_time_code]").wait_for()


def ask_for_recovery_code(page: Page) -> None:
    """The same without the phone."""
    ask_for_code(page)
    page.get_by_role("link", name="Use a recovery code").click()
    page.get_by_label("Recovery code").wait_for()


def renew_codes(page: Page) -> None:
    """Signed in with a recovery code, then new codes."""
    ask_for_recovery_code(page)
    page.get_by_label("Recovery code").fill(KEPT.pop())
    page.get_by_role("button", name="Sign in").click()
    page.goto("/settings/security/recovery-codes/")
    page.get_by_role("button", name="Make new codes").click()
    _keep_codes(page)


def list_devices(page: Page) -> None:
    """The page Security: an app, codes, devices."""
    renew_codes(page)
    page.goto("/settings/security/")


def lose_the_session(page: Page) -> None:
    """A form that is sent after the session has ended: the sign-in says that it is kept."""
    renew_codes(page)
    page.goto("/counts/new/")
    page.get_by_label("Items").fill("CH-1100, OL-1110")
    page.context.clear_cookies(name="asora_session")
    page.get_by_role("button", name="Open count").click()
    page.get_by_label("E-mail").wait_for()


def find_the_form_again(page: Page) -> None:
    """After the sign-in, with everything typed."""
    lose_the_session(page)
    _type_password(page)
    page.get_by_role("link", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(KEPT.pop())
    page.get_by_role("button", name="Sign in").click()
    page.locator(".typed").wait_for()


def _give_password(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/sign-in/")
    _type_password(page)


def _type_password(page: Page) -> None:
    page.get_by_label("E-mail").fill(VISITOR["with_app"])
    page.get_by_role("textbox", name="Password").fill(VISITOR["password"])
    page.get_by_role("button", name="Sign in").click()


def _keep_codes(page: Page) -> None:
    page.locator(".recovery-codes").wait_for()
    KEPT[:] = page.locator(".recovery-codes code").all_inner_texts()


def ask_for_link(page: Page) -> None:
    """A password reset for an unknown address."""
    page.get_by_label("E-mail").fill("somebody@example.net")
    page.get_by_role("button", name="Send the link").click()
    page.get_by_role("heading", name="Check your e-mail").wait_for()
