"""From an invitation to the first sign-in: in a tenant, and on the public host with an authenticator app."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django_tenants.utils import tenant_context
from guardian.models import UserObjectPermission
from playwright.sync_api import Page, expect
from pyotp import TOTP

from asora.accounts.models import Invitation, RecoveryCode, SecondFactor, Session, User
from plans.models import Tenant
from tests.browser.page_states.staff import newest_link, type_invitation
from tests.factories import tenants

SECRET = "a long enough secret"
ADA = "ada.browser@example.com"


@pytest.fixture
def platform(committed_tenant: Callable[..., Tenant]) -> Iterator[Tenant]:
    """The public host, with a throw-away tenant, and without Ada afterwards."""
    committed_tenant(name="Throw-away")
    yield tenants.public()
    with tenant_context(tenants.public()):
        ada = User.objects.filter(email=ADA)
        Invitation.objects.filter(ref__in=ada.values("ref")).delete()
        Session.objects.filter(user_id__in=ada.values("pk")).delete()
        for belonging in (RecoveryCode, SecondFactor, UserObjectPermission):
            belonging.objects.filter(user__in=ada).delete()
        ada._raw_delete("default")  # what Django would look for besides is in tenants only


def test_a_receiver_comes_works_at_one_hub_and_is_shut_out(
    shop: Tenant, open_as: Callable[..., Page]
) -> None:
    owner = open_as("owner")
    _invite(owner, role="receiver", place="NORTH")
    expect(owner.get_by_text("The invitation was sent.")).to_be_visible()

    ada = open_as()
    _accept(ada, welcome=f"Welcome to {shop.name}")
    _sign_in(ada)
    expect(ada.get_by_role("heading", level=1)).to_have_text("Dashboard")
    ada.goto("/hubs/")
    expect(ada.get_by_role("link", name="NORTH")).to_be_visible()
    expect(ada.get_by_role("link", name="SOUTH")).to_have_count(0)
    assert ada.goto("/settings/staff/").status == 403

    owner.goto("/settings/staff/")
    owner.get_by_role("link", name="Ada Nilsson").click()
    owner.get_by_role("link", name="Deactivate").click()
    owner.get_by_role("button", name="Deactivate").click()
    expect(owner.get_by_text("The change was saved and applies immediately.")).to_be_visible()
    assert ada.goto("/hubs/").status == 401


def test_an_operator_sets_up_an_app_at_the_first_sign_in(
    platform: Tenant, open_as: Callable[..., Page]
) -> None:
    slug = connection.tenant.slug
    lead = open_as("platform_lead", tenant=platform)
    _invite(lead, role="operator", place=slug)

    ada = open_as(tenant=platform)
    _accept(ada, welcome="Welcome to operations")
    _sign_in(ada)
    expect(ada.locator(".app-to-scan")).to_be_visible()
    secret = ada.locator(".key code").inner_text().replace(" ", "")
    ada.locator("[name=one_time_code]").fill(TOTP(secret).now())
    ada.get_by_role("button", name="Set up and sign in").click()
    ada.get_by_role("link", name="continue").click()
    expect(ada).to_have_url(f"{ada.url.partition('/admin')[0]}/admin/")

    lead.goto("/settings/staff/")
    row = lead.locator("#listing tr", has_text=ADA)
    expect(row).to_contain_text("Operator")
    expect(row).to_contain_text(slug)
    expect(row).to_contain_text("Yes")


def _invite(page: Page, *, role: str, place: str) -> None:
    page.goto("/settings/staff/")
    page.get_by_role("link", name="Invite somebody").click()
    type_invitation(page, name="Ada Nilsson", email=ADA, role=role)
    expect(page.locator("[name=hubs]").first).to_be_hidden()
    page.locator("[name=where][value=some]").check()
    page.locator(f"[name=hubs][value='{place}']").check()
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("heading", name="Invited")).to_be_visible()


def _accept(page: Page, *, welcome: str) -> None:
    page.goto(newest_link())
    expect(page.get_by_role("heading", level=1)).to_have_text(welcome)
    expect(page.get_by_label("E-mail")).to_have_value(ADA)
    page.get_by_label("Password", exact=False).first.fill(SECRET)
    page.get_by_label("Repeat").fill(SECRET)
    page.get_by_role("button", name="Choose this password").click()
    expect(page.get_by_text("Sign in with the password")).to_be_visible()


def _sign_in(page: Page) -> None:
    page.get_by_label("E-mail").fill(ADA)
    page.get_by_role("textbox", name="Password").fill(SECRET)
    page.get_by_role("button", name="Sign in").click()
