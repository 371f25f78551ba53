"""What would have allowed a refusal: asked on its page, on a click, with every repair that is needed."""

from __future__ import annotations

from collections.abc import Callable

from django_tenants.utils import tenant_context
from playwright.sync_api import Page, expect

from inventory.models import Bin
from plans.models import Tenant
from tests.browser.page_states import stock
from tests.browser.test_investigation import _look
from tests.browser.test_refusals import refused


def test_an_owner_sees_every_repair_that_is_needed(shop: Tenant, open_as: Callable[..., Page]) -> None:
    theirs = open_as("receiver")
    theirs.goto("/transfer/")
    stock.type_document(
        theirs, {"sku": "BOLT", "bin": "A-1", "to_bin": "A-2", "quantity": "5"}, reference="TRF-1"
    )
    with tenant_context(shop):
        Bin.objects.filter(code="A-2").update(archived_at="2026-01-01T00:00:00Z")
    theirs.get_by_role("button", name="Post transfer").click()
    theirs.get_by_role("alert").wait_for()
    request_id = refused(theirs, "VALIDATION_FAILED", "BIN_ARCHIVED")

    page = open_as("owner")
    page.goto(f"/audit/requests/{request_id}/")
    why = page.locator("section", has=page.get_by_role("heading", name="What would have allowed this?"))
    why.get_by_role("button").click()
    answer = why.locator("[data-answer=repairs]")
    expect(answer).to_contain_text("All 2 of these together would allow it")
    expect(answer).to_contain_text("Restore bin NORTH/A-2.")
    expect(answer).to_contain_text("Bring 5 pcs more of BOLT into bin NORTH/A-1.")
    expect(answer).to_contain_text("Owner, Manager")
    _look(page, "request-why")


def test_the_answer_is_a_page_without_scripts(shop: Tenant, open_as: Callable[..., Page]) -> None:
    theirs = open_as("viewer")
    theirs.goto("/receive/")
    request_id = refused(theirs, "PERMISSION_DENIED", "ROLE_LACKS_PERMISSION")
    page = open_as("owner", java_script_enabled=False)
    page.goto(f"/audit/requests/{request_id}/")
    why = page.locator("section", has=page.get_by_role("heading", name="What would have allowed this?"))
    why.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What would have allowed this?")
    expect(page.locator("main")).to_contain_text("Give this person the role “receiver”.")
