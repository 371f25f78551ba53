"""A freeze as everybody sees it: two operators who need each other, and the tenant's people, who see the reason."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from ledger.models import Posting
from plans.models import Tenant, TenantFreeze
from tests.browser.page_faults import faults_of
from tests.factories import tenants
from tests.fixture_types import Open

REASON = "The stock of two hubs does not add up"
CAUSE = "A file of receipts was imported into the wrong hub.\nThe import now names the hub before it posts."


def deliver(page: Page) -> None:
    """A delivery of twelve bolts, typed and sent."""
    page.goto("/receive/")
    page.get_by_label("Vendor").fill("ACME")
    page.get_by_label("Reference").fill("PO-1")
    for name, value in {"sku": "BOLT", "bin": "A-1", "quantity": "12", "unit_cost": "0.25"}.items():
        page.locator(f"[name=lines-0-{name}]").fill(value)
    page.get_by_role("button", name="Post receipt").click()


def look(page: Page, name: str) -> None:
    """Nothing is wrong with the page; it is as wide and light afterwards as it was."""
    faults = faults_of(page)
    page.set_viewport_size({"width": 1280, "height": 720})
    page.emulate_media(color_scheme="light")
    assert faults == [], name


def test_from_freeze_to_the_first_receipt_after_it(shop: Tenant, open_as: Open) -> None:
    address = f"/admin/tenants/{shop.slug}/freeze/"
    public = tenants.public()
    ops, lead = open_as("ops_lead", tenant=public), open_as("platform_lead", tenant=public)
    owner = open_as("owner", tenant=shop)

    ops.goto(address)
    ops.get_by_role("link", name="Freeze this tenant").click()
    ops.get_by_label("Reason").fill(REASON)
    look(ops, "start")
    ops.get_by_role("button", name="Freeze now").click()
    expect(ops.get_by_role("heading", name=REASON)).to_be_visible()
    look(ops, "frozen")

    deliver(owner)
    expect(owner.get_by_text("FREEZE_ACTIVE")).to_be_visible()
    expect(owner.get_by_label("Reference")).to_have_value("PO-1")
    expect(owner.get_by_role("heading", name=REASON, exact=True)).to_be_visible()
    look(owner, "refused")
    assert not Posting.objects.exists()
    owner.goto("/items/")
    expect(owner.get_by_text("Reading, reports, exports")).to_be_visible()
    look(owner, "banner")

    ops.get_by_role("link", name="Write it down").click()
    ops.get_by_label("Root cause").fill(CAUSE)
    look(ops, "explain")
    ops.get_by_role("button", name="Write it down").click()
    expect(
        ops.get_by_text("You wrote the root cause, so another platform lead must open the tenant")
    ).to_be_visible()
    look(ops, "explained")

    lead.goto(address)
    lead.get_by_role("link", name="Review and open").click()
    expect(lead.get_by_text("The import now names the hub before it posts.")).to_be_visible()
    look(lead, "end")
    lead.get_by_role("button", name="Approve and open").click()
    expect(lead.get_by_text(re.compile("is open again"))).to_be_visible()
    look(lead, "open")
    assert not TenantFreeze.objects.get(tenant=shop).is_active

    deliver(owner)
    expect(owner.get_by_text("is now in the ledger")).to_be_visible()
    expect(owner.get_by_text("Frozen since")).to_be_hidden()
    owner.goto("/audit/")
    expect(owner.get_by_text(re.compile(rf"\bfroze tenant {shop.slug}"))).to_be_visible()
    expect(owner.get_by_text(f"unfroze tenant {shop.slug}")).to_be_visible()
    look(owner, "trail")
    assert Posting.objects.count() == 1


def test_without_scripts(shop: Tenant, open_as: Open) -> None:
    address = f"/admin/tenants/{shop.slug}/freeze/"
    public = tenants.public()
    ops = open_as("ops_lead", tenant=public, java_script_enabled=False)
    ops.goto(f"{address}start/")
    ops.get_by_role("button", name="Freeze now").click()
    expect(ops.get_by_role("alert")).to_be_visible()
    ops.get_by_label("Reason").fill(REASON)
    ops.get_by_label("Reason").press("Tab")
    ops.keyboard.press("Enter")
    expect(ops.get_by_role("heading", name=REASON)).to_be_visible()
    assert TenantFreeze.objects.get(tenant=shop).is_active
