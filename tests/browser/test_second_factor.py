"""The second factor in a browser: an agent who must use it, a manager who wants to, a lost phone, an old proof."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import pyotp
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page, expect

from asora.accounts.models import Session
from plans.models import Tenant
from tests.factories import people, tenants
from tests.fixture_types import Open


def give_password(page: Page, email: str) -> None:
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("textbox", name="Password").fill(people.PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def scan(page: Page) -> pyotp.TOTP:
    """What an app does with the page: the key that is typed is the one that is drawn."""
    app = pyotp.TOTP(page.locator(".key code").inner_text().replace(" ", ""))
    expect(page.get_by_role("link", name="Open the app")).to_have_attribute("href", re.compile(app.secret))
    return app


def type_code(page: Page, code: str, *, button: str) -> None:
    page.locator("[name=one_time_code]").fill(code)
    page.get_by_role("button", name=button).click()


def test_an_agent_sets_up_an_app_at_the_first_sign_in(shop: Tenant, open_as: Open) -> None:
    connection.set_schema_to_public()
    page = open_as(tenant=tenants.public())
    try:
        give_password(page, "agent@example.com")
        expect(page.get_by_role("heading", level=1)).to_have_text("Set up your authenticator app")
        app = scan(page)
        type_code(page, "000000", button="Set up and sign in")
        expect(page.get_by_role("alert")).to_contain_text("BAD_CODE")
        assert scan(page).secret == app.secret
        type_code(page, app.now(), button="Set up and sign in")
        expect(page.locator(".recovery-codes li")).to_have_count(10)
        page.get_by_role("link", name="continue").click()
        expect(page.get_by_text("Signed in as Agent")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()

        give_password(page, "agent@example.com")
        type_code(page, app.at(time.time() + 30), button="Sign in")
        expect(page.get_by_text("Signed in as Agent")).to_be_visible()
    finally:
        call_command("reset_second_factor", "public", "agent@example.com")


def test_a_manager_sets_one_up_and_loses_the_phone(shop: Tenant, open_as: Open) -> None:
    page = open_as("manager")
    page.goto("/")
    page.get_by_role("button", name="Account and theme").click()
    page.get_by_role("link", name="Security").click()
    page.get_by_role("link", name="Set up app").click()
    type_code(page, scan(page).now(), button="Set up app")
    codes = page.locator(".recovery-codes code").all_inner_texts()
    copied = page.get_by_role("button", name="Copy all codes").get_attribute("data-copy")
    assert (copied or "").split("\n") == codes
    page.get_by_role("link", name="continue").click()
    expect(page.locator("tbody tr")).to_contain_text("this device")
    page.get_by_role("button", name="Sign out everywhere").click()

    give_password(page, "manager@example.com")
    page.get_by_role("link", name="Use a recovery code").click()
    type_code(page, codes[0].upper(), button="Sign in")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
    page.goto("/settings/security/")
    expect(page.get_by_text("You have 9 recovery codes left")).to_be_visible()


def test_a_proof_that_is_too_old_is_given_again(shop: Tenant, open_as: Open) -> None:
    page = open_as("manager")
    store = Session.get_session_store_class()(page.context.cookies()[0]["value"])
    store["proved_at"] = (timezone.now() - timedelta(minutes=16)).isoformat()
    store.save()
    answer = page.goto("/settings/security/password/")
    assert answer is not None
    assert answer.status == 401
    page.get_by_role("textbox", name="Password").fill(people.PASSWORD)
    page.get_by_role("button", name="Confirm and continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change password")
    page.get_by_label("Current password").fill(people.PASSWORD)
    page.get_by_role("textbox", name="New password", exact=True).fill("another horse battery")
    page.get_by_label("Repeat the new password").fill("another horse battery")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Your password was changed")).to_be_visible()
