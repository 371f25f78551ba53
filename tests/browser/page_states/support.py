"""States of the support agent's pages."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def go_to_tenant(page: Page) -> None:
    """The agent's page of a tenant without a session."""
    page.get_by_role("link", name="Birch & Daughters").last.click()
    page.get_by_role("heading", name="Birch & Daughters", level=1).wait_for()
    if page.get_by_role("button", name="End the session").count():
        page.get_by_role("button", name="End the session").click()
        page.get_by_role("link", name="Birch & Daughters").last.click()
    page.get_by_role("button", name="Request access").wait_for()


def go_to_ticket(page: Page) -> None:
    """A ticket that nobody has classified."""
    page.get_by_role("link", name="Why was this refused?").click()
    page.get_by_role("heading", name="Thread").wait_for()


def refuse_triage(page: Page) -> None:
    """A ticket that was to be classified without a category."""
    go_to_ticket(page)
    page.get_by_label("Category").select_option("")
    page.get_by_role("button", name="Classify", exact=True).click()
    page.get_by_role("alert").or_(page.locator("#refusal")).first.wait_for()


def _go_to_plan_ticket(page: Page) -> None:
    """The ticket of Birch about its limit of exports, which has a reply."""
    page.goto("/support/?q=exports")
    page.get_by_role("link", name="Our exports stopped this week").first.click()
    page.get_by_role("heading", name="Thread").wait_for()


def write_reply(page: Page) -> None:
    """A draft with a phrase that support does not write, and one that needs a reason."""
    _go_to_plan_ticket(page)
    if page.get_by_role("button", name="Begin a draft").count():
        page.get_by_label("Template").select_option("plan")
        page.get_by_role("button", name="Begin a draft").click()
    page.get_by_role("textbox", name="Reply", exact=True).fill(
        "We will raise the limit temporarily for now. You probably saw it."
    )
    page.get_by_label("Reason for keeping it").wait_for()


def derive_evidence(page: Page) -> None:
    """The footnotes of a reply, derived again."""
    open_session(page)
    _go_to_plan_ticket(page)
    page.get_by_role("link", name="Derive this evidence again").first.click()
    page.get_by_role("heading", name="Evidence, derived again").wait_for()


def open_investigation(page: Page) -> None:
    """The investigation of a ticket on a page of its own, before its first step."""
    go_to_ticket(page)
    page.get_by_role("link", name="On a page of its own").click()
    page.get_by_role("heading", name="Investigation", level=1).wait_for()


def refuse_investigation(page: Page) -> None:
    """An investigation of a ticket that nobody has classified."""
    open_investigation(page)
    page.get_by_role("button", name="Begin with this tenant").click()
    page.locator(".missing-list").first.wait_for()


def refuse_request(page: Page) -> None:
    """A request without a ticket and without a reason."""
    go_to_tenant(page)
    page.get_by_role("button", name="Request access").click()
    page.get_by_role("alert").wait_for()


def open_session(page: Page) -> None:
    """The tenant's trail, as the agent sees it."""
    go_to_tenant(page)
    page.get_by_label("Ticket", exact=True).fill("SUP-1042")
    page.get_by_label("Reason").fill("The count of aisle A differs from the ledger.")
    page.get_by_role("button", name="Request access").click()
    expect(page.get_by_role("heading", name="Audit trail")).to_be_visible()


def open_integrations(page: Page) -> None:
    """The state of the tenant's integrations, as the agent sees it."""
    open_session(page)
    page.get_by_role("link", name="Integrations", exact=True).click()
    expect(page.get_by_role("heading", name="State of integrations")).to_be_visible()


def see_session(page: Page) -> None:
    """The agent's start page while a session is open."""
    open_session(page)
    page.goto("/support/access/")
    page.get_by_role("link", name="Open the audit trail").wait_for()


def see_own_access(page: Page) -> None:
    """The tenant's page of the latest session."""
    page.locator("#listing a").first.click()
    page.get_by_role("heading", name="What the agent looked at").wait_for()


def ask_to_revoke(page: Page) -> None:
    """The question before a session is revoked."""
    see_own_access(page)
    page.get_by_role("link", name="Revoke").click()
    page.get_by_label("Reason for the agent").wait_for()


def open_event(page: Page) -> None:
    """One event of the tenant, unfolded in the list."""
    open_session(page)
    page.locator(".event summary").first.click()
    page.locator(".event-story").first.wait_for()


def open_incident(page: Page) -> None:
    """An incident with an entry in its log."""
    page.get_by_label("Title").fill("Receipts are refused for every tenant")
    page.get_by_label("Notice to customers").fill(
        "Receipts are refused at the moment. Next update at 14:00 UTC."
    )
    page.get_by_role("button", name="Open incident").click()
    page.get_by_role("heading", name="Log", exact=True).wait_for()


def _request(page: Page) -> tuple[str, str]:
    """Open a session: the slug of the tenant, and the id of a request in its trail."""
    open_session(page)
    slug = page.url.partition("/support/tenants/")[2].partition("/")[0]
    page.locator(".event summary").last.click()  # the newest ones may be looks of support
    page.locator(".event-story").last.wait_for()
    found = re.findall(rf"{re.escape(slug)}-[0-9A-HJKMNP-TV-Z]{{26}}", page.content())
    return slug, found[-1]


def make_pack(page: Page) -> None:
    """A pack of one request."""
    _send_pack(page, recipient="")
    page.get_by_role("heading", name="What is in it").wait_for()


def make_external_pack(page: Page) -> None:
    """An encrypted pack, whose passphrase is shown."""
    _send_pack(page, recipient="An auditor")
    page.get_by_role("heading", name="Save this passphrase").wait_for()


def refuse_pack(page: Page) -> None:
    """The form for a pack with something that is no request id."""
    page.get_by_label("Reference").fill("T-000012")
    page.get_by_label("Request ids").fill("a screenshot")
    page.get_by_role("button", name="Make the pack").click()
    page.get_by_role("alert").wait_for()


def _send_pack(page: Page, *, recipient: str) -> None:
    slug, request = _request(page)
    page.goto(f"/support/evidence/new/?tenant={slug}&purpose=T-000012&request={request}")
    page.get_by_label("Recipient outside of Asora").fill(recipient)
    page.get_by_role("button", name="Make the pack").click()
