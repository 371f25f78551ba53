"""The labels of roles and permissions. A test fails if a role or a permission has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from asora.accounts.roles.table import GRANTS
from asora.kernel.permissions import Permission


@dataclass(frozen=True, slots=True)
class Word:
    """The label of a permission, and a remark about its effect."""

    label: Any
    remark: Any = ""


#: Permissions with their labels, grouped by kind of work.
PERMISSIONS: tuple[tuple[Any, Mapping[str, Word]], ...] = (
    (
        _("Viewing"),
        {
            Permission.INVENTORY_VIEW: Word(_("See items, bins, hubs and vendors")),
            Permission.LEDGER_VIEW_STOCK: Word(
                _("See stock and movements"),
                _("Without it, people count blind: they do not see the expected quantity."),
            ),
            Permission.LEDGER_VIEW_VALUE: Word(_("See costs and values")),
        },
    ),
    (
        _("Moving stock"),
        {
            Permission.LEDGER_RECEIVE: Word(_("Receive deliveries")),
            Permission.LEDGER_ISSUE: Word(_("Issue stock")),
            Permission.LEDGER_TRANSFER: Word(_("Move stock between bins and hubs")),
        },
    ),
    (
        _("Counting and correcting"),
        {
            Permission.LEDGER_COUNT: Word(_("Count")),
            Permission.LEDGER_APPROVE_COUNT: Word(
                _("Approve counts"), _("Differences are posted to the ledger.")
            ),
            Permission.LEDGER_REQUEST_ADJUSTMENT: Word(_("Request adjustments")),
            Permission.LEDGER_ADJUST: Word(
                _("Post adjustments"), _("Including those that others requested.")
            ),
            Permission.LEDGER_REVERSE: Word(
                _("Reverse a posting"), _("Nothing is deleted: both postings stay.")
            ),
        },
    ),
    (
        _("Master data"),
        {
            Permission.INVENTORY_MANAGE: Word(_("Manage items, categories, hubs, bins and vendors")),
            Permission.INVENTORY_VENDOR_ELIGIBILITY: Word(_("Decide which vendors may deliver")),
        },
    ),
    (
        _("Reports and connections"),
        {
            Permission.LEDGER_REPORT: Word(_("Open reports")),
            Permission.LEDGER_EXPORT: Word(_("Export reports and the ledger")),
            Permission.INTEGRATIONS_MANAGE: Word(_("Set up integrations")),
            Permission.INTEGRATIONS_DISPATCH: Word(_("Send to integrations")),
        },
    ),
    (
        _("Oversight"),
        {
            Permission.AUDIT_VIEW: Word(_("Read the audit trail")),
            Permission.PLANS_VIEW_USAGE: Word(_("See plan and usage")),
            Permission.PLANS_VIEW_TENANT: Word(_("See tenants, their plans and their health")),
            Permission.SUPPORT_WORK_DESK: Word(_("Work at the support desk")),
        },
    ),
    (
        _("Administration"),
        {
            Permission.ACCOUNTS_MANAGE_STAFF: Word(
                _("Manage people"), _("Invite them, and decide what they may do and where.")
            ),
            Permission.PLANS_ONBOARD_TENANT: Word(_("Set up new tenants")),
            Permission.PLANS_CHANGE_PLAN: Word(_("Change a tenant's plan")),
            Permission.PLANS_FREEZE_TENANT: Word(_("Freeze a tenant")),
            Permission.PLANS_EXPLAIN_FREEZE: Word(_("Write down the root cause of a freeze")),
            Permission.PLANS_UNFREEZE_TENANT: Word(
                _("Open a frozen tenant again"), _("Only after somebody else wrote down the root cause.")
            ),
        },
    ),
)

ROLES: Mapping[str, Any] = {
    "owner": pgettext_lazy("role", "Owner"),
    "manager": pgettext_lazy("role", "Manager"),
    "staff": pgettext_lazy("role", "Staff"),
    "receiver": pgettext_lazy("role", "Receiver"),
    "counter": pgettext_lazy("role", "Counter"),
    "approver": pgettext_lazy("role", "Approver"),
    "auditor": pgettext_lazy("role", "Auditor"),
    "viewer": pgettext_lazy("role", "Viewer"),
    "operator": pgettext_lazy("role", "Operator"),
    "ops_lead": pgettext_lazy("role", "Operations lead"),
    "platform_lead": pgettext_lazy("role", "Platform lead"),
    "agent": pgettext_lazy("role", "Support agent"),
}

#: role model → role → what the role is for.
DUTIES: Mapping[str, Mapping[str, Any]] = {
    "simple": {
        "owner": _("Everything, including people and the plan."),
        "staff": _("The daily work, from deliveries to exports; no reversals."),
        "viewer": _("Looks things up and opens reports."),
    },
    "standard": {
        "owner": _("Everything, including people and the plan."),
        "manager": _("All work with stock and master data, and the audit trail."),
        "receiver": _("Deliveries, issues and transfers."),
        "counter": _("Counts stock without seeing the expected quantity."),
        "viewer": _("Looks things up and opens reports."),
    },
    "segregated": {
        "owner": _(
            "Everything, including people and the plan, but never both halves of a four-eyes decision."
        ),
        "manager": _("Master data, issues and transfers; requests adjustments."),
        "receiver": _("Deliveries, issues and transfers; requests adjustments."),
        "counter": _("Counts stock without seeing the expected quantity."),
        "approver": _("Decides on counts, adjustments, reversals and vendors."),
        "auditor": _("Reads everything, exports it, and changes nothing."),
    },
    "platform": {
        "operator": _("Sets up tenants and manages their plans."),
        "ops_lead": _("Like an operator; also freezes a tenant when its ledger is at risk."),
        "platform_lead": _(
            "Like an operations lead; also opens frozen tenants again, and manages people here."
        ),
        "agent": _("Explains to customers what happened, from the evidence, and changes nothing."),
    },
}


def role_name(role: str) -> str:
    """The label of a role; an unknown role is returned as it is."""
    return str(ROLES.get(role, role))


def role_choices(role_model: str) -> list[tuple[str, str]]:
    """The roles of a role model as choices of a form field, each with what it is for."""
    duties = DUTIES.get(role_model, {})
    return [
        (role, format_html("<span><b>{}</b> {}</span>", role_name(role), duties.get(role, "")))
        for role in GRANTS.get(role_model, {})
    ]


def permissions_of(role_model: str) -> Iterator[tuple[Any, list[tuple[str, Word]]]]:
    """The permissions that at least one role of the model has, with their labels, grouped by kind of work."""
    held = frozenset().union(*GRANTS.get(role_model, {}).values())
    for heading, words in PERMISSIONS:
        shown = [(name, word) for name, word in words.items() if name in held]
        if shown:
            yield heading, shown
