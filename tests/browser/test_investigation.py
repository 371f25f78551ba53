"""An investigation: from the request id on somebody's refusal to the gate that decided, its cause, and who can help."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from asora.accounts.models import User
from asora.accounts.people.actions.people import change_role, create_user
from inventory.models import Bin, Hub, Item, Vendor
from plans.models import Tenant
from tests.browser.page_faults import faults_of
from tests.browser.page_states import stock
from tests.browser.test_refusals import refused
from tests.factories import documents, people, tenants
from tests.factories.master_data import MasterData


def master_data_of() -> MasterData:
    """The master data of the shop."""
    north, south = Hub.objects.get(code="NORTH"), Hub.objects.get(code="SOUTH")
    return MasterData(
        north=north,
        south=south,
        bins={place.address: place for place in Bin.objects.select_related("hub")},
        vendor=Vendor.objects.get(code="ACME"),
        banned=Vendor.objects.get(code="BANNED"),
        items={item.sku: item for item in Item.objects.all()},
    )


def ruth(shop: Tenant) -> User:
    """A receiver who has received, and is a viewer by now."""
    owner = people.act_of(people.person("owner", shop), shop)
    values = {"email": "ruth@example.com", "name": "Ruth", "role": "receiver"}
    created = create_user(owner, **values, password="a long enough secret")
    person = User.objects.get(pk=created.pk)  # read again, so that it knows its schema
    documents.receive(people.act_of(person, shop), master_data_of(), ("BOLT", "NORTH/A-1", "5", "2"))
    change_role(owner, person=person, role="viewer", seen="receiver")
    return User.objects.get(pk=person.pk)


def test_an_owner_finds_out_why_somebody_was_refused(shop: Tenant, open_as: Callable[..., Page]) -> None:
    person = ruth(shop)
    theirs = open_as(user=person)
    theirs.goto("/receive/")
    request_id = refused(theirs, "PERMISSION_DENIED", "ROLE_LACKS_PERMISSION")
    expect(theirs.get_by_role("link", name="Explain this refusal")).to_have_count(0)

    page = open_as("owner")
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type(request_id)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"/audit/requests/{request_id}/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ruth tried to receive")
    stopped = page.locator(".ladder [data-gate=stopped]")
    expect(stopped).to_contain_text("permitted")
    expect(page.locator(".remedy").first).to_contain_text("give you a role with this permission")
    expect(page.locator(".event-facts")).to_contain_text("Viewer")
    _look(page, "request-refused")

    changed = page.locator("section", has=page.get_by_role("heading", name="What changed?"))
    expect(changed).to_contain_text("Ruth was last allowed to do this on")
    [cause] = changed.locator(".causes li").all()
    expect(cause).to_contain_text("changed")
    expect(cause).to_contain_text("the rights of Ruth")
    cause.get_by_role("link").click()
    page.wait_for_url(re.compile(r"\?event="))
    expect(page.locator(".changes")).to_contain_text("receiver")
    expect(page.locator(".changes")).to_contain_text("viewer")
    page.go_back()

    others = page.locator("section", has=page.get_by_role("heading", name="Who else?"))
    expect(others).to_contain_text("Ruth")
    expect(others).to_contain_text("Stopped 1 time. Not allowed since.")

    changed.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Posted lines")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("BOLT"))).to_contain_text("+5")
    _look(page, "request-posted")
    page.go_back()

    page.get_by_role("link", name="Ask support").click()
    expect(page.locator("[name=about]")).to_have_value(request_id)


def test_an_owner_asks_again_after_the_repair(shop: Tenant, open_as: Callable[..., Page]) -> None:
    theirs = open_as("receiver")
    theirs.goto("/issue/")
    stock.type_document(theirs, {"sku": "BOLT", "bin": "A-1", "quantity": "5"}, reference="ISS-1")
    theirs.get_by_role("button", name="Post issue").click()
    theirs.get_by_role("alert").wait_for()
    request_id = refused(theirs, "VALIDATION_FAILED", "INSUFFICIENT_STOCK")

    page = open_as("owner")
    page.goto(f"/audit/requests/{request_id}/")
    expect(page.locator(".ladder [data-gate=stopped]")).to_contain_text("valid")
    now = page.locator("section", has=page.get_by_role("heading", name="Would it be allowed now?"))
    now.get_by_role("button").click()
    expect(now.locator("[data-answer=refused]")).to_contain_text("Insufficient stock")
    why = page.locator("section", has=page.get_by_role("heading", name="What would have allowed this?"))
    why.get_by_role("button").click()
    expect(why.locator(".answer")).to_contain_text("BOLT")
    _look(page, "request-judged")
    manager = people.act_of(people.person("manager", shop), shop)
    documents.receive(manager, master_data_of(), ("BOLT", "NORTH/A-1", "5", "2"))
    now.get_by_role("button").click()
    expect(now.locator("[data-answer=allowed]")).to_be_visible()


def test_an_agent_finds_out_the_same_inside_a_session(
    shop: Tenant, open_as: Callable[..., Page], settings: Any
) -> None:
    settings.ASORA_SUPPORT_OWN_CONNECTION = bool(settings.ASORA_SUPPORT_DATABASE)
    person = ruth(shop)
    theirs = open_as(user=person)
    theirs.goto("/issue/")
    request_id = refused(theirs, "PERMISSION_DENIED", "ROLE_LACKS_PERMISSION")

    page = open_as("agent", tenant=tenants.public())
    page.goto(f"/support/tenants/{shop.slug}/")
    page.get_by_role("textbox", name="Ticket").fill("SUP-1042")
    page.get_by_role("button", name="Request access").click()
    expect(page.get_by_role("heading", name="Audit trail")).to_be_visible()
    page.goto(f"/support/tenants/{shop.slug}/audit/?request={request_id}")
    page.locator("details.event summary").click()
    page.get_by_role("link", name="page of this request").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Ruth tried to issue")
    expect(page.locator(".ladder [data-gate=stopped]")).to_contain_text("permitted")
    expect(page.locator(".causes li").first).to_contain_text("the rights of Ruth")
    expect(page.get_by_role("link", name="Ask support")).to_have_count(0)
    now = page.locator("section", has=page.get_by_role("heading", name="Would it be allowed now?"))
    now.get_by_role("button").click()
    expect(now.locator("[data-answer=refused]")).to_contain_text("Role lacks permission")
    why = page.locator("section", has=page.get_by_role("heading", name="What would have allowed this?"))
    why.get_by_role("button").click()
    expect(why.locator(".answer")).to_contain_text("Who can do it: Owner")
    _look(page, "request-agent")

    owner = open_as("owner", tenant=shop)
    owner.goto("/audit/support-access/")
    owner.get_by_role("link", name="SUP-1042").click()
    expect(owner.locator("main")).to_contain_text(f"/audit/requests/{request_id}/")

    page.get_by_role("button", name="End the session").click()
    expect(page.get_by_text("has ended.")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name="This access session has ended.")).to_be_visible()


def test_ones_own_refusal_leads_to_its_page(shop: Tenant, open_as: Callable[..., Page]) -> None:
    page = open_as("owner")
    page.goto("/items/UNHEARD-OF/")
    page.get_by_role("link", name="Explain this refusal").click()
    expect(page.get_by_role("heading", name="What changed?")).to_be_visible()
    expect(page.locator(".event-story")).to_contain_text("NO_SUCH_RECORD")


def test_a_phone_without_javascript_shows_the_same(shop: Tenant, open_as: Callable[..., Page]) -> None:
    theirs = open_as(user=ruth(shop))
    theirs.goto("/receive/")
    request_id = refused(theirs, "PERMISSION_DENIED", "ROLE_LACKS_PERMISSION")
    page = open_as("owner", java_script_enabled=False, viewport={"width": 390, "height": 844})
    page.goto(f"/audit/requests/{request_id}/")
    expect(page.locator(".causes li").first).to_contain_text("the rights of Ruth")
    page.locator("details.event summary").click()
    page.get_by_role("link", name="Show the decision").click()
    expect(page.locator(".event-facts")).to_contain_text("ROLE_LACKS_PERMISSION")


def _look(page: Page, name: str) -> None:
    """Nothing serious in either theme, at any width; with ASORA_PHOTOGRAPHS, for people to look at."""
    assert faults_of(page) == []
    if folder := os.environ.get("ASORA_PHOTOGRAPHS"):
        page.screenshot(path=f"{folder}/{name}-390-dark.png", full_page=True)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.screenshot(path=f"{folder}/{name}-1440-light.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})
