"""What roles and permissions are called, in words that need no explaining. A test asks for each of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from asora.accounts.roles import GRANTS


@dataclass(frozen=True, slots=True)
class Word:
    """What a permission lets somebody do: in short, and what it comes with."""

    label: Any
    remark: Any = ""


#: By what people come for.
PERMISSIONS: tuple[tuple[Any, Mapping[str, Word]], ...] = (
    (
        _("Looking"),
        {
            "inventory.view": Word(_("See items, bins, hubs and vendors")),
            "ledger.view_stock": Word(_("See stock and movements"), _("Who counts without it counts blind.")),
            "ledger.view_value": Word(_("See costs and values")),
        },
    ),
    (
        _("Moving stock"),
        {
            "ledger.receive": Word(_("Receive deliveries")),
            "ledger.issue": Word(_("Issue stock")),
            "ledger.transfer": Word(_("Move stock between bins and hubs")),
        },
    ),
    (
        _("Counting and correcting"),
        {
            "ledger.count": Word(_("Count")),
            "ledger.approve_count": Word(_("Approve counts"), _("What differs becomes an entry.")),
            "ledger.request_adjustment": Word(_("Ask for an adjustment")),
            "ledger.adjust": Word(_("Post adjustments"), _("Also those that others asked for.")),
            "ledger.reverse": Word(_("Reverse a posting"), _("Nothing is deleted: both entries stay.")),
        },
    ),
    (
        _("Master data"),
        {
            "inventory.manage": Word(_("Keep items, categories, hubs, bins and vendors")),
            "inventory.vendor_eligibility": Word(_("Decide which vendors may deliver")),
        },
    ),
    (
        _("Reports and connections"),
        {
            "ledger.report": Word(_("Open reports")),
            "ledger.export": Word(_("Export reports and the ledger")),
            "integrations.manage": Word(_("Set up integrations")),
            "integrations.dispatch": Word(_("Send to integrations")),
        },
    ),
    (
        _("Oversight"),
        {
            "audit.view": Word(_("Read the audit trail")),
            "plans.view_usage": Word(_("See plan and usage")),
            "plans.view_tenant": Word(_("See tenants, their plans and their health")),
            "support.work_desk": Word(_("Work at the support desk")),
        },
    ),
    (
        _("Deciding"),
        {
            "accounts.manage_staff": Word(
                _("Manage people"), _("Invite them, and decide what they may do and where.")
            ),
            "plans.onboard_tenant": Word(_("Set up new tenants")),
            "plans.change_plan": Word(_("Change a tenant's plan")),
            "plans.freeze_tenant": Word(_("Freeze a tenant")),
            "plans.explain_freeze": Word(_("Write down the cause of a freeze")),
            "plans.unfreeze_tenant": Word(
                _("Let a frozen tenant open again"), _("Only after somebody else wrote down the cause.")
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

#: role model → role → what somebody with it is there for.
DUTIES: Mapping[str, Mapping[str, Any]] = {
    "simple": {
        "owner": _("Everything, people and plan included."),
        "staff": _("The daily work, from deliveries to exports; no reversals."),
        "viewer": _("Looks things up and opens reports."),
    },
    "standard": {
        "owner": _("Everything, people and plan included."),
        "manager": _("All work with stock and master data, and the audit trail."),
        "receiver": _("Deliveries, issues and transfers."),
        "counter": _("Counts, without being told what should be there."),
        "viewer": _("Looks things up and opens reports."),
    },
    "segregated": {
        "owner": _("Everything, people and plan included, but never both halves of a four-eyes decision."),
        "manager": _("Master data, issues and transfers; asks for adjustments."),
        "receiver": _("Deliveries, issues and transfers; asks for adjustments."),
        "counter": _("Counts, without being told what should be there."),
        "approver": _("Decides on counts, adjustments, reversals and vendors."),
        "auditor": _("Reads everything, exports it, and changes nothing."),
    },
    "platform": {
        "operator": _("Sets tenants up and keeps their plans."),
        "ops_lead": _("As an operator, and freezes a tenant when its ledger is in danger."),
        "platform_lead": _("As an operations lead; opens frozen tenants again, and manages people here."),
        "agent": _("Explains to customers what happened, from the evidence, and changes nothing."),
    },
}


def role_name(role: str) -> str:
    """A role as people call it; a role that nobody knows by its own word."""
    return str(ROLES.get(role, role))


def role_choices(role_model: str) -> list[tuple[str, str]]:
    """The roles of a role model for a field: name, and what it is there for."""
    duties = DUTIES.get(role_model, {})
    return [
        (role, format_html("<span><b>{}</b> {}</span>", role_name(role), duties.get(role, "")))
        for role in GRANTS.get(role_model, {})
    ]


def permissions_of(role_model: str) -> Iterator[tuple[Any, list[tuple[str, Word]]]]:
    """The permissions that some role of the model holds, with their words, by what people come for."""
    held = frozenset().union(*GRANTS.get(role_model, {}).values())
    for heading, words in PERMISSIONS:
        shown = [(name, word) for name, word in words.items() if name in held]
        if shown:
            yield heading, shown
