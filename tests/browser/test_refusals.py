"""Each kind of refusal as people see it: with its rule, its remedy, and the way to its event."""

from __future__ import annotations

import re
from collections.abc import Callable

from guardian.shortcuts import assign_perm
from playwright.sync_api import Locator, Page, expect

from asora.accounts.roles.table import OPERATE_HUB
from inventory.models import Category, Hub
from ledger.models import Posting
from plans.models import Tenant
from tests.browser.test_receiving import fill_head, fill_line
from tests.factories import people

REQUEST_ID = re.compile(r"throwaway-\d+-[0-9A-Z]{26}")


def refused(page: Page, code: str, reason: str) -> str:
    """Check that the page names code and reason; returns the request id that it shows."""
    evidence = page.locator(".facts").filter(has_text="Request id")
    expect(evidence).to_contain_text(code)
    expect(evidence).to_contain_text(reason)
    found = REQUEST_ID.search(evidence.inner_text())
    assert found, evidence.inner_text()
    return found[0]


def remedy(page: Page) -> Locator:
    """The remedy on the page."""
    return page.locator(".remedy")


def finds_event(open_as: Callable[..., Page], request_id: str) -> Locator:
    """The owner looks the request id up in the audit trail; returns the one event that is found, unfolded."""
    page = open_as("owner")
    page.goto("/audit/")
    page.get_by_label("Request id").fill(request_id)
    page.get_by_label("Request id").press("Enter")
    page.wait_for_url(re.compile(rf"request={request_id}"))
    found = page.locator(".event")
    expect(found).to_have_count(1)
    found.locator("summary").click()
    found.locator(".event-story").wait_for()
    return found


class TestAuthRequired:
    """401: who is it?"""

    def test_a_page_without_session_is_the_form_and_then_the_page(
        self, shop: Tenant, open_as: Callable[..., Page]
    ) -> None:
        page = open_as()

        answer = page.goto("/items/BOLT/?from=a-bookmark")

        assert answer is not None
        assert answer.status == 401
        page.get_by_label("E-mail").fill("manager@example.com")
        page.get_by_role("textbox", name="Password").fill(people.PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Bolt M8")
        assert page.url.endswith("/items/BOLT/?from=a-bookmark")

    def test_a_wrong_password_and_then_no_more_guessing(
        self, shop: Tenant, open_as: Callable[..., Page]
    ) -> None:
        page = open_as()
        page.goto("/sign-in/")

        for attempt in range(5):
            page.get_by_role("textbox", name="E-mail").fill("manager@example.com")
            page.get_by_role("textbox", name="Password").fill("a guess")
            with page.expect_response(lambda answer: answer.request.method == "POST") as answered:
                page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("alert")).to_be_visible()
            if attempt == 0:
                request_id = refused(page, "AUTH_REQUIRED", "BAD_CREDENTIALS")
                expect(page.get_by_role("textbox", name="E-mail")).to_have_value("manager@example.com")

        assert answered.value.status == 401
        assert int(answered.value.header_value("Retry-After") or 0) > 0
        refused(page, "AUTH_REQUIRED", "LOCKED_OUT")
        expect(page.get_by_role("alert")).to_contain_text("Try again in 15 minutes")
        expect(finds_event(open_as, request_id)).to_contain_text("BAD_CREDENTIALS")


class TestPermissionDenied:
    """403: known, but not allowed."""

    def test_a_viewer_does_not_receive(self, shop: Tenant, open_as: Callable[..., Page]) -> None:
        page = open_as("viewer")
        answer = page.goto("/receive/")

        assert answer is not None
        assert answer.status == 403
        request_id = refused(page, "PERMISSION_DENIED", "ROLE_LACKS_PERMISSION")
        expect(page.locator(".facts")).to_contain_text("ledger.receive")
        expect(remedy(page)).to_contain_text("give you a role with this permission")
        expect(page.get_by_role("navigation", name="Main").get_by_text("Receive")).to_have_count(0)
        expect(finds_event(open_as, request_id)).to_contain_text("ROLE_LACKS_PERMISSION")

    def test_a_hub_that_is_not_granted(self, shop: Tenant, open_as: Callable[..., Page]) -> None:
        ruth = people.add_person("receiver", name="ruth", all_hubs=False)
        assign_perm(OPERATE_HUB, ruth, Hub.objects.get(code="NORTH"))
        page = open_as(user=ruth)
        page.goto("/receive/")
        fill_head(page)
        fill_line(page, 0, sku="BOLT", place="SOUTH/A-1", quantity="5", cost="1")
        page.get_by_role("button", name="Post receipt").click()

        request_id = refused(page, "PERMISSION_DENIED", "HUB_NOT_GRANTED")
        expect(remedy(page)).to_contain_text("let you work at this hub")
        expect(page.locator("[name=lines-0-bin]")).to_have_value("SOUTH/A-1")
        expect(page.get_by_label("Hub").locator("option")).to_have_text(["NORTH · North"])
        assert not Posting.objects.exists()
        expect(finds_event(open_as, request_id)).to_contain_text("HUB_NOT_GRANTED")


def test_route_not_found(shop: Tenant, open_as: Callable[..., Page]) -> None:
    page = open_as("manager")
    answer = page.goto("/items/UNHEARD-OF/")

    assert answer is not None
    assert answer.status == 404
    request_id = refused(page, "ROUTE_NOT_FOUND", "NO_SUCH_RECORD")
    expect(page.get_by_role("link", name="Go to the start page")).to_be_visible()
    expect(finds_event(open_as, request_id)).to_contain_text("NO_SUCH_RECORD")


class TestStateConflict:
    """409: the data has changed."""

    def test_a_stale_edit_keeps_what_was_typed(self, shop: Tenant, open_as: Callable[..., Page]) -> None:
        first = open_as("manager")
        first.goto("/items/BOLT/edit/")
        second = first.context.new_page()
        second.goto("/items/BOLT/edit/")
        second.get_by_label("Name").fill("Bolt M8, zinc")
        second.get_by_role("button", name="Save changes").click()
        expect(second.get_by_role("heading", level=1)).to_contain_text("Bolt M8, zinc")

        first.get_by_label("Name").fill("Bolt M8 hexagonal")
        first.get_by_role("button", name="Save changes").click()

        request_id = refused(first, "STATE_CONFLICT", "STALE_FORM")
        changed = first.locator(".refusal table")
        expect(changed).to_contain_text("Bolt M8, zinc")
        expect(changed).to_contain_text("Manager")
        expect(remedy(first)).to_contain_text("make your change again")
        expect(first.get_by_label("Name")).to_have_value("Bolt M8 hexagonal")
        expect(finds_event(open_as, request_id)).to_contain_text("STALE_FORM")

    def test_the_same_form_sent_again_posts_nothing(self, shop: Tenant, open_as: Callable[..., Page]) -> None:
        first = open_as("receiver")
        first.goto("/receive/")
        # What the back button brings back from memory, or a duplicated tab: the same form with the same secret.
        submission = first.locator("[name=submission]").input_value()
        page = first.context.new_page()
        page.goto("/receive/")
        page.locator("[name=submission]").evaluate("(field, value) => { field.value = value }", submission)
        for tab in (first, page):
            fill_head(tab)
            fill_line(tab, 0, sku="BOLT", place="A-1", quantity="5", cost="1")
        first.get_by_role("button", name="Post receipt").click()
        expect(first.get_by_text("is now in the ledger")).to_be_visible()

        page.get_by_role("button", name="Post receipt").click()

        request_id = refused(page, "STATE_CONFLICT", "ALREADY_POSTED")
        assert Posting.objects.count() == 1
        page.get_by_role("link", name="Open posting 1").click()
        expect(page).to_have_url(re.compile(r"/ledger/1/$"))
        expect(finds_event(open_as, request_id)).to_contain_text("ALREADY_POSTED")


class TestValidationFailed:
    """400: the error is at its field or line, and no input is lost."""

    def test_an_ineligible_vendor_is_refused_at_the_vendor(
        self, shop: Tenant, open_as: Callable[..., Page]
    ) -> None:
        page = open_as("receiver")
        page.goto("/receive/")
        fill_head(page, vendor="BANNED", reference="PO-77")
        fill_line(page, 0, sku="BOLT", place="A-1", quantity="5", cost="1")
        page.get_by_role("button", name="Post receipt").click()

        request_id = refused(page, "VALIDATION_FAILED", "VENDOR_INELIGIBLE")
        vendor = page.get_by_label("Vendor")
        expect(vendor).to_have_attribute("aria-invalid", "true")
        expect(vendor).to_have_value("BANNED")
        expect(vendor).to_have_accessible_description(re.compile("not eligible"))
        expect(page.get_by_label("Reference")).to_have_value("PO-77")
        expect(page.locator("[name=lines-0-quantity]")).to_have_value("5")
        expect(finds_event(open_as, request_id)).to_contain_text("VENDOR_INELIGIBLE")

    def test_a_line_is_refused_at_the_line(self, shop: Tenant, open_as: Callable[..., Page]) -> None:
        page = open_as("receiver")
        page.goto("/receive/")
        fill_head(page)
        fill_line(page, 0, sku="BOLT", place="A-1", quantity="5", cost="1")
        page.get_by_role("button", name="Add line").click()
        fill_line(page, 1, sku="OIL", place="A-2", quantity="0", cost="2.50")
        page.get_by_role("button", name="Post receipt").click()

        request_id = refused(page, "VALIDATION_FAILED", "QUANTITY_NOT_POSITIVE")
        lines = page.locator("[data-line]:visible")
        expect(lines.nth(0)).not_to_have_class(re.compile("is-refused"))
        expect(lines.nth(1)).to_contain_text("QUANTITY_NOT_POSITIVE")
        expect(lines.nth(1).locator(".line-name")).to_have_text("Oil")
        for field, value in {"sku": "OIL", "bin": "A-2", "quantity": "0", "unit_cost": "2.50"}.items():
            expect(page.locator(f"[name=lines-1-{field}]")).to_have_value(value)
        page.get_by_role("alert").get_by_role("link", name="Line 2").click()
        expect(page.locator("[name=lines-1-quantity]")).to_be_focused()
        assert not Posting.objects.exists()
        expect(finds_event(open_as, request_id)).to_contain_text("QUANTITY_NOT_POSITIVE")


def test_plan_limit_exceeded(committed_tenant: Callable[..., Tenant], open_as: Callable[..., Page]) -> None:
    committed_tenant(plan="free")
    for number in range(10):
        Category.objects.create(code=f"C-{number}", name=f"Category {number}")
    page = open_as("manager")
    page.goto("/categories/new/")
    page.get_by_label("Code").fill("ONE-MORE")
    page.get_by_label("Name").fill("One more")
    page.get_by_role("button", name="Create category").click()

    request_id = refused(page, "PLAN_LIMIT_EXCEEDED", "PLAN_CATEGORIES")
    expect(page.locator(".refusal progress")).to_have_attribute("value", "10")
    expect(remedy(page)).to_contain_text("Ask for a larger plan")
    expect(page.get_by_label("Name")).to_have_value("One more")
    assert Category.objects.count() == 10
    expect(finds_event(open_as, request_id)).to_contain_text("PLAN_CATEGORIES")
