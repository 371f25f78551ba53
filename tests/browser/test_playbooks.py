"""Each playbook of the support desk, from a refusal in a tenant's console to the reply that names its rule.

The customer works on a desktop, and the agent too, up to the result. The reply is written on a tablet.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from unittest import mock

from django_tenants.utils import tenant_context
from playwright.sync_api import Page, expect

from audit.seals.sealer import seal_schema
from integrations.endpoints.actions import disable_endpoint
from plans.catalogue import CEILINGS
from plans.models import Tenant
from tests.browser.page_faults import faults_of
from tests.browser.test_investigation import master_data_of
from tests.browser.test_refusals import refused
from tests.factories import documents, endpoints, people, tenants

DESKTOP, TABLET = {"width": 1440, "height": 900}, {"width": 820, "height": 1180}


def ask(page: Page, question: str, *, topic: str = "") -> None:
    """From a refusal, or from the page of a request, to a question that support has."""
    explained = page.get_by_role("link", name="Explain this refusal")
    if explained.count():
        explained.click()
        page.wait_for_url(re.compile(r"/audit/requests/"))
    page.get_by_role("link", name="Ask support").first.click()
    page.get_by_role("textbox", name="Question").fill(question)
    if topic:
        page.get_by_label("What is it about?").select_option(topic)
    page.get_by_role("button", name="Send to support").click()
    expect(page.get_by_text(question).first).to_be_visible()


def take(open_as: Callable[..., Page], shop: Tenant, question: str, *, category: str, about: str) -> Page:
    """The agent finds the question in the inbox with its request id, and classifies it. Returns the agent's page."""
    with tenant_context(shop):
        seal_schema()
    agent = open_as("agent", tenant=tenants.public(), viewport=DESKTOP)
    agent.goto("/support/")
    agent.get_by_role("link", name=question).click()
    expect(agent.locator("#panel-about")).to_contain_text(about)
    agent.get_by_label("Category").select_option(category)
    agent.get_by_label("Severity").select_option("4")
    agent.get_by_role("button", name="Classify", exact=True).click()
    expect(agent.locator(".ticket-line")).to_contain_text(f"{category} ·")
    return agent


def complete(agent: Page, said: str) -> None:
    """Enter the information that the category needs and the evidence does not have."""
    information = agent.locator("#panel-information")
    information.get_by_text("Enter what is missing").click()
    for field in information.locator("form").get_by_role("textbox").all():
        field.fill(said)
    information.get_by_role("button", name="Record the information").click()
    expect(information.get_by_text("Enter what is missing")).to_have_count(0)


def look_inside(agent: Page) -> None:
    """Request access from the ticket; the ticket opens again when the session has begun."""
    agent.get_by_role("link", name="Request access").first.click()
    agent.get_by_role("button", name="Request access").click()
    expect(agent.locator("#panel-investigations")).to_be_visible()


def investigate(agent: Page, *, claim: str = "match", where: tuple[str, str] | None = None) -> None:
    """The five steps, each with what is proposed. `where`: a field and value that say where to look for requests."""
    step = agent.locator("#panel-investigations")
    step.get_by_role("button", name="Begin with this tenant").click()
    look_inside(agent)
    if where is not None:
        field, value = where
        step.get_by_role("textbox", name=field).fill(value)
        step.get_by_role("button", name="Look for requests").click()
        expect(step.locator(f"input[type=hidden][value='{value}']").first).to_be_attached()
    step.get_by_role("button", name="This is the request").click()
    step.get_by_role("button", name="Link the chosen events").click()
    step.get_by_role("button", name="Record this outcome").click()
    step.locator("select[name=result]").select_option(claim)
    step.get_by_role("button", name="Record the comparison").click()
    expect(step.get_by_role("button", name="Determine the result")).to_be_visible()


def determine(agent: Page, key: str) -> None:
    """Choose a result whose condition holds."""
    step = agent.locator("#panel-investigations")
    step.locator(f"input[name=key][value={key}]").check()
    step.get_by_role("button", name="Determine the result").click()
    expect(step.locator(".event-verdict")).to_be_visible()


def reply(agent: Page, template: str) -> Any:
    """Write the reply on a tablet from its template; returns the message in the thread."""
    agent.set_viewport_size(TABLET)
    composer = agent.locator("#panel-replies")
    composer.get_by_label("Template").select_option(template)
    composer.get_by_role("button", name="Begin a draft").click()
    expect(composer.get_by_text("Complete: nothing blocks this reply.")).to_be_visible()
    composer.get_by_label("After sending").select_option("go_on")
    composer.get_by_role("button", name="Save and check").click()
    composer.get_by_role("button", name="Send the saved draft").click()
    message = agent.locator(".thread-message[data-author=agent]").last
    expect(message).to_be_visible()
    return message


def test_somebody_cannot_create_an_item(shop: Tenant, open_as: Callable[..., Page]) -> None:
    customer = open_as("receiver", viewport=DESKTOP)
    customer.goto("/items/new/")
    about = refused(customer, "PERMISSION_DENIED", "ROLE_LACKS_PERMISSION")
    ask(customer, "Why can I not create the item NUT?")

    agent = take(open_as, shop, "Why can I not create the item NUT?", category="B", about=about)
    investigate(agent)
    # A plan limit and a validation error cannot be chosen: nothing linked says so.
    for other in ("plan", "validation"):
        expect(agent.locator(f"input[name=key][value={other}]:enabled")).to_have_count(0)
    determine(agent, "rbac")
    message = reply(agent, "permission")
    for named in ("inventory.manage", "PERMISSION_DENIED", about):
        expect(message).to_contain_text(named)
    assert faults_of(agent) == []


def test_a_quantity_looks_wrong(shop: Tenant, open_as: Callable[..., Page]) -> None:
    customer = open_as("manager", viewport=DESKTOP)
    customer.goto("/issue/")
    fill_head_of_issue(customer)
    about = refused(customer, "VALIDATION_FAILED", "INSUFFICIENT_STOCK")
    ask(customer, "The shelf is full. Which quantity is right?", topic="E")

    agent = take(open_as, shop, "The shelf is full. Which quantity is right?", category="E", about=about)
    complete(agent, "BOLT in NORTH/A-1, since yesterday")
    investigate(agent, claim="mismatch", where=("Item (SKU)", "BOLT"))
    determine(agent, "unrecorded_movement")
    message = reply(agent, "quantity_unrecorded")
    expect(message).to_contain_text(about)
    assert faults_of(agent) == []


def fill_head_of_issue(page: Page) -> None:
    """An issue of more than there is."""
    page.get_by_label("Reference").fill("SO-1")
    fill_line_of_issue(page)
    page.get_by_role("button", name="Post issue").click()


def fill_line_of_issue(page: Page) -> None:
    """One line of an issue."""
    for name, value in (("sku", "BOLT"), ("bin", "A-1"), ("quantity", "500")):
        page.locator(f"[name=lines-0-{name}]").fill(value)


def test_an_export_failed(shop: Tenant, open_as: Callable[..., Page]) -> None:
    manager = people.act_of(people.person("manager", shop), shop)
    documents.receive(manager, master_data_of(), ("BOLT", "NORTH/A-1", "5", "2"))
    customer = open_as("manager", viewport=DESKTOP)
    customer.goto("/reports/stock-on-hand/")
    with mock.patch.dict(CEILINGS["pro"], exports=0):  # type: ignore[arg-type]
        customer.get_by_role("button", name="Export CSV").click()
        about = refused(customer, "PLAN_LIMIT_EXCEEDED", "PLAN_EXPORTS")
    ask(customer, "Why is my export refused?")

    agent = take(open_as, shop, "Why is my export refused?", category="F", about=about)
    investigate(agent)
    expect(agent.locator("input[name=key][value=no_data]:enabled")).to_have_count(0)
    determine(agent, "plan")
    message = reply(agent, "plan")
    for named in ("PLAN_EXPORTS", "PLAN_LIMIT_EXCEEDED", about):
        expect(message).to_contain_text(named)
    assert faults_of(agent) == []


def test_an_integration_does_not_work(shop: Tenant, open_as: Callable[..., Page]) -> None:
    owner = people.act_of(people.person("owner", shop), shop)
    endpoint = endpoints.make_endpoint(owner)
    customer = open_as("owner", viewport=DESKTOP)
    documents.receive(owner, master_data_of(), ("BOLT", "NORTH/A-1", "5", "2"))
    customer.goto(f"/integrations/{endpoint.pk}/queue/")
    button = customer.get_by_role("button", name="Send everything queued").first
    button.wait_for()
    disable_endpoint(owner, endpoint=endpoint)
    button.click()
    about = refused(customer, "STATE_CONFLICT", "ENDPOINT_DISABLED")
    ask(customer, "Nothing arrives in our web shop. Why?")

    agent = take(open_as, shop, "Nothing arrives in our web shop. Why?", category="G", about=about)
    complete(agent, "Web shop, since this morning")
    investigate(agent, where=("Integration", "Web shop"))
    determine(agent, "not_enabled")
    message = reply(agent, "integration")
    expect(message).to_contain_text(about)
    assert faults_of(agent) == []


def test_a_customer_wants_an_exception(
    committed_tenant: Callable[..., Tenant], open_as: Callable[..., Page]
) -> None:
    shop = committed_tenant(plan="free")
    customer = open_as("owner", viewport=DESKTOP)
    customer.goto("/hubs/new/")
    for code in ("ONE", "TWO"):
        customer.goto("/hubs/new/")
        customer.get_by_label("Code").fill(code)
        customer.get_by_label("Name").fill(code.title())
        customer.get_by_role("button", name="Create hub").click()
    about = refused(customer, "PLAN_LIMIT_EXCEEDED", "PLAN_HUBS")
    ask(customer, "Please lift the limit of hubs just this once.")

    agent = take(open_as, shop, "Please lift the limit of hubs just this once.", category="C", about=about)
    investigate(agent)
    determine(agent, "exception_refused")
    message = reply(agent, "exception_refused")
    expect(message).to_contain_text("PLAN_LIMIT_EXCEEDED")
    expect(message).to_contain_text(about)
    assert faults_of(agent) == []
