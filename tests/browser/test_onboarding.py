"""From an empty list to the first delivery: an operator onboards, the owner comes by a link, and receives."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator

import pytest
from django.core import mail
from django.db import connection
from playwright.sync_api import Page, expect

from ledger.models import Entry, Posting
from plans.models import Onboarding, OnboardingConfirmation, Tenant
from tests.browser.page_states import onboarding
from tests.browser.test_receiving import fill_head, fill_line
from tests.factories import tenants

MINUTE = 60_000  # a tenant is made meanwhile, in milliseconds
PASSWORD = "a lantern in the harbour"


@pytest.fixture
def slug(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a company that is taken away afterwards."""
    name = f"harbour-{secrets.token_hex(3)}"
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        connection.set_schema_to_public()
        yield name
        connection.set_schema_to_public()
        for tenant in Tenant.objects.filter(slug=name):
            tenants.remove_tenant(tenant)
        OnboardingConfirmation.objects.filter(onboarding__slug=name).delete()
        Onboarding.objects.filter(slug=name).delete()


def test_from_a_name_to_the_first_delivery(
    slug: str, open_as: Callable[..., Page], mailoutbox: list[object]
) -> None:
    page = open_as("operator", tenant=tenants.public())
    page.set_default_timeout(MINUTE)
    page.goto("/admin/onboarding/")
    onboarding.begin(page, slug=slug)
    page.get_by_text("Next: Identity verified").wait_for()
    onboarding.confirm(page)
    onboarding.assign(page)
    onboarding.create_tenant(page)
    onboarding.check_categories(page)
    page.locator("#categories").get_by_role("button", name="Import 3 rows").click()
    page.locator("#categories[data-state=done]").wait_for()
    onboarding.seed(page, "hubs", "bins", "vendors", "items")
    onboarding.verify(page)
    expect(page.locator(".proof[data-tone=green]")).to_have_count(4)

    page.get_by_label("Name", exact=False).last.fill("Robin Vale")
    page.get_by_label("E-mail address").fill("robin@harbour.example")
    page.get_by_role("button", name="Invite the owner").click()
    page.get_by_text("The invitation was sent").wait_for()
    page.get_by_role("button", name="Complete").click()
    page.get_by_text("Onboarding is complete").wait_for()

    (sent,) = mail.outbox
    found = re.search(r"http://\S+", sent.body)
    assert found
    tenant = Tenant.objects.get(slug=slug)
    connection.set_tenant(tenant)
    owner = open_as("", tenant=tenant)
    owner.set_default_timeout(MINUTE)
    owner.goto(found[0])
    owner.get_by_role("heading", name="Welcome to Harbour Cycles").wait_for()
    owner.locator("[name=password]").fill(PASSWORD)
    owner.locator("[name=again]").fill(PASSWORD)
    owner.get_by_role("button", name="Choose this password").click()
    owner.get_by_label("E-mail").fill("robin@harbour.example")
    owner.get_by_role("textbox", name="Password").fill(PASSWORD)
    owner.get_by_role("button", name="Sign in").click()
    owner.get_by_role("heading", name="Dashboard").wait_for()
    owner.get_by_text("receive it to start the ledger").wait_for()

    owner.goto("/receive/")
    fill_head(owner, vendor="ALDER", reference="PO-1")
    fill_line(owner, 0, sku="CH-101", place="A-1", quantity="12", cost="14.20")
    owner.get_by_role("button", name="Post receipt").click()
    owner.get_by_text("is now in the ledger").wait_for()
    assert Posting.objects.count() == Entry.objects.count() == 1
