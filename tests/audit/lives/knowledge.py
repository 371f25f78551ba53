"""A release and a lead change the desk's knowledge room."""

from __future__ import annotations

from unittest.mock import patch

from django_tenants.utils import tenant_context

from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from support.knowledge import shipped_texts
from support.knowledge.actions.entries import publish_entry, withdraw_entry
from support.knowledge.actions.known_issues import add_issue, change_issue, fix_issue, withdraw_issue
from support.knowledge.actions.shipping import publish_shipped
from support.knowledge.shipped_texts import Shipped
from tests.audit.verdicts.company import Company
from tests.factories import tenants

RELEASE = {"support.knowledge.ship"}
ENTRIES = {"support.knowledge.publish", "support.knowledge.withdraw"}
ISSUES = {
    "support.known_issue.add",
    "support.known_issue.change",
    "support.known_issue.fix",
    "support.known_issue.withdraw",
}


def a_release(_company: Company) -> None:
    """A release with one article more."""
    more = (*shipped_texts.shipped(), Shipped("article", "new", "New", "Something new.", {}))
    public = tenants.public()
    actor = system("public", "release", Permission.SUPPORT_MANAGE_KNOWLEDGE)
    with tenant_context(public), patch.object(shipped_texts, "shipped", return_value=more):
        publish_shipped(new_act(public, actor))


def entries(company: Company) -> None:
    """An article is published and withdrawn."""
    lead = company.public("support_lead")
    with tenant_context(tenants.public()):
        entry = publish_entry(
            lead, kind="article", key="own", title="Own", body="Text.", rule="", next_review=None, seen=0
        )
        withdraw_entry(lead, entry=entry)


def issues(company: Company) -> None:
    """One issue is changed and fixed, another one withdrawn."""
    lead = company.public("support_lead")
    with tenant_context(tenants.public()):
        issue = add_issue(lead, title="Labels are cut off", workaround="Print on A4.")
        issue = change_issue(lead, issue=issue, title="Labels are cut", workaround="Print on A4.", seen=1)
        fix_issue(lead, issue=issue, fixed_in="9.9.9", seen=2)
        withdraw_issue(lead, issue=add_issue(lead, title="None", workaround=""), seen=1)
