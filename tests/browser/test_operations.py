"""An operator opens every admin page there is, ours and Django's windows, proves a ledger and changes a plan."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Page, expect

from plans.models import PlanChange, Tenant
from tests.factories import tenants

URLCONF = "asora.urls_public"


def windows() -> list[str]:
    """The addresses of all lists, of the pages of their apps, and of the first row of each."""
    found = []
    for model in admin.site._registry:
        label = f"{model._meta.app_label}_{model._meta.model_name}"
        found.append(reverse(f"admin:{label}_changelist", urlconf=URLCONF))
        found.append(reverse("admin:app_list", args=[model._meta.app_label], urlconf=URLCONF))
        if row := model._default_manager.order_by("-pk").first():
            found += [
                reverse(f"admin:{label}_{page}", args=[row.pk], urlconf=URLCONF)
                for page in ("change", "history")
            ]
    return sorted(set(found))


def test_every_admin_page_opens(shop: Tenant, open_as: Any) -> None:
    page: Page = open_as("operator", tenant=tenants.public())
    ours = ["/admin/", "/admin/tenants/", *(f"/admin/tenants/{shop.slug}/{rest}" for rest in ("", "plan/"))]
    assert len(windows()) > 12
    for address in (*ours, *windows()):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        expect(page.locator("h1").first).to_be_visible()
        assert page.locator("input[name=_save], .deletelink, .addlink").count() == 0, address


def test_from_the_overview_to_another_plan(shop: Tenant, open_as: Any) -> None:
    page: Page = open_as("operator", tenant=tenants.public())
    page.goto("/admin/")
    page.get_by_role("link", name="Tenants", exact=True).first.click()
    page.get_by_label("Search").fill(shop.slug)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"q={shop.slug}"))
    page.get_by_role("link", name=shop.name, exact=True).click()
    page.get_by_role("button", name="Prove now").click()
    expect(page.get_by_text("is proved")).to_be_visible()
    page.get_by_role("link", name="Change the plan", exact=True).click()
    page.get_by_role("radio", name="Free").check()
    page.get_by_role("button", name="Change the plan").click()
    expect(page.get_by_role("alert")).to_contain_text("Reason")
    expect(page.get_by_role("radio", name="Free")).to_be_checked()
    page.get_by_label("Reason").fill("A smaller contract")
    page.get_by_role("button", name="Change the plan").click()
    expect(page.get_by_text("now has the plan Free")).to_be_visible()
    expect(page.get_by_text("A smaller contract")).to_be_visible()
    assert PlanChange.objects.filter(tenant=shop, from_plan="pro", to_plan="free").count() == 1


def test_the_owner_reads_it_without_scripts(shop: Tenant, open_as: Any) -> None:
    page: Page = open_as("owner", java_script_enabled=False)
    page.goto("/")
    page.get_by_role("list", name="Settings").get_by_role("link", name="Plan and usage").click()
    expect(page.get_by_role("heading", name="All plans side by side")).to_be_visible()
    expect(
        page.get_by_role("row", name=re.compile(r"^Hubs\s+2\s+below current use:\s+1\s+10"))
    ).to_be_visible()
