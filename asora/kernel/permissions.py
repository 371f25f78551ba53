"""Every permission of the product by name: one typed vocabulary, like that of reasons.

Only names are here. A context gives its permissions their labels (`words` beside it), and the table of roles lists
who has which (`asora.accounts.roles.table`). The names of all contexts are in the kernel because the table of roles
is on a floor below inventory and the ledger: an enum per context would have to be imported upwards.

The values are stored (in grants, events and jobs), so they never change.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal


class Permission(StrEnum):
    """What a role may allow. Each is spelt as its value, in capitals."""

    INVENTORY_VIEW = "inventory.view"
    INVENTORY_MANAGE = "inventory.manage"
    INVENTORY_VENDOR_ELIGIBILITY = "inventory.vendor_eligibility"
    LEDGER_VIEW_STOCK = "ledger.view_stock"
    LEDGER_VIEW_VALUE = "ledger.view_value"
    LEDGER_RECEIVE = "ledger.receive"
    LEDGER_ISSUE = "ledger.issue"
    LEDGER_TRANSFER = "ledger.transfer"
    LEDGER_REQUEST_ADJUSTMENT = "ledger.request_adjustment"
    LEDGER_ADJUST = "ledger.adjust"
    LEDGER_COUNT = "ledger.count"
    LEDGER_APPROVE_COUNT = "ledger.approve_count"
    LEDGER_REVERSE = "ledger.reverse"
    LEDGER_REPORT = "ledger.report"
    LEDGER_EXPORT = "ledger.export"
    INTEGRATIONS_MANAGE = "integrations.manage"
    INTEGRATIONS_DISPATCH = "integrations.dispatch"
    AUDIT_VIEW = "audit.view"
    AUDIT_MANAGE_SUPPORT_ACCESS = "audit.manage_support_access"
    ACCOUNTS_MANAGE_STAFF = "accounts.manage_staff"
    PLANS_VIEW_USAGE = "plans.view_usage"
    # Of the public host
    PLANS_VIEW_TENANT = "plans.view_tenant"
    PLANS_ONBOARD_TENANT = "plans.onboard_tenant"
    PLANS_CHANGE_PLAN = "plans.change_plan"
    PLANS_FREEZE_TENANT = "plans.freeze_tenant"
    PLANS_EXPLAIN_FREEZE = "plans.explain_freeze"
    PLANS_UNFREEZE_TENANT = "plans.unfreeze_tenant"
    SUPPORT_WORK_DESK = "support.work_desk"
    SUPPORT_REVIEW = "support.review"
    SUPPORT_HANDLE_SECURITY = "support.handle_security"
    SUPPORT_ANSWER_CASES = "support.answer_cases"
    SUPPORT_MANAGE_KNOWLEDGE = "support.manage_knowledge"
    # Granted place by place (`asora.kernel.reach`), by no role
    INVENTORY_OPERATE_HUB = "inventory.operate_hub"
    PLANS_MANAGE_TENANT = "plans.manage_tenant"
    # Carried by one link, page, token or command, by no role
    ACCOUNTS_ACCEPT_INVITATION = "accounts.accept_invitation"
    ACCOUNTS_ASK_FOR_RESET = "accounts.ask_for_reset"
    LEDGER_REBUILD = "ledger.rebuild"
    INTEGRATIONS_READ_FEED = "integrations.read_feed"
    SUPPORT_RECEIVE = "support.receive"


#: Instead of a permission, for what concerns only the person who does it: every signed-in person may.
SIGNED_IN: Final = "signed-in"
#: What an action or a page asks for.
Asked = Permission | Literal["signed-in"]
