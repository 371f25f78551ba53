"""The owner requires approval and decides about an agent's session, from the dashboard to the agent's last page."""

from __future__ import annotations

from typing import Any

from django.core import mail
from playwright.sync_api import Page, expect

from plans.models import Tenant
from tests.browser.page_faults import faults_of
from tests.factories import tenants


def request_access(agent: Page, shop: Tenant) -> None:
    agent.goto(f"/support/tenants/{shop.slug}/")
    agent.get_by_role("textbox", name="Ticket").fill("SUP-7")
    agent.get_by_label("Reason").fill("The count differs.")
    agent.get_by_role("button", name="Request access").click()
    expect(agent.get_by_text("must approve this session")).to_be_visible()


def test_the_owner_decides_about_what_support_may_see(shop: Tenant, open_as: Any) -> None:
    owner, agent = open_as("owner"), open_as("agent", tenant=tenants.public())

    owner.goto("/audit/support-access/")
    owner.get_by_role("link", name="Require approval").click()
    owner.get_by_label("only after somebody here has approved it").check()
    owner.get_by_role("button", name="Save").click()
    expect(owner.get_by_text("support needs your approval for each session")).to_be_visible()

    request_access(agent, shop)
    [message] = [one for one in mail.outbox if "asks for access" in one.subject]
    assert message.to == ["owner@example.com"]
    assert "SUP-7" in message.body
    assert "The count differs" not in message.body

    owner.goto("/")
    owner.get_by_role("link", name="Approve or refuse it").click()
    expect(owner.get_by_text("The count differs.")).to_be_visible()
    assert owner.url in message.body
    owner.get_by_role("link", name="Refuse").click()
    assert faults_of(owner) == []
    owner.go_back()
    owner.get_by_role("link", name="Approve").click()
    assert faults_of(owner) == []
    owner.get_by_role("button", name="Approve").click()
    expect(owner.get_by_text("You approved this access.")).to_be_visible()

    agent.reload()
    agent.get_by_role("button", name="Start").click()
    expect(agent.get_by_role("heading", name="Audit trail", level=1)).to_be_visible()

    owner.reload()
    expect(owner.locator("#listing").get_by_text("looked at").first).to_be_visible()
    owner.get_by_role("link", name="Revoke").click()
    owner.get_by_label("Reason for the agent").fill("Seen enough")
    owner.get_by_role("button", name="Revoke").click()
    expect(owner.get_by_text("It has ended.")).to_be_visible()
    assert faults_of(owner) == []

    agent.reload()
    expect(agent.get_by_role("heading", name="Audit trail", level=1)).to_have_count(0)
