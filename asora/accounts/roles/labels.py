"""The labels of roles and permissions. A test fails if a role or a permission has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from asora.accounts.roles.table import GRANTS
from asora.kernel.permissions import Permission
from asora.kernel.shapes import StrOrPromise
from asora.kernel.words import PERMISSION_LABELS, PermissionLabel

#: The permissions on the page of roles, grouped by kind of work. Each context registers the labels of its own.
PERMISSIONS: tuple[tuple[StrOrPromise, tuple[Permission, ...]], ...] = (
    (_("Viewing"), (Permission.INVENTORY_VIEW, Permission.LEDGER_VIEW_STOCK, Permission.LEDGER_VIEW_VALUE)),
    (_("Moving stock"), (Permission.LEDGER_RECEIVE, Permission.LEDGER_ISSUE, Permission.LEDGER_TRANSFER)),
    (
        _("Counting and correcting"),
        (
            Permission.LEDGER_COUNT,
            Permission.LEDGER_APPROVE_COUNT,
            Permission.LEDGER_REQUEST_ADJUSTMENT,
            Permission.LEDGER_ADJUST,
            Permission.LEDGER_REVERSE,
        ),
    ),
    (_("Master data"), (Permission.INVENTORY_MANAGE, Permission.INVENTORY_VENDOR_ELIGIBILITY)),
    (
        _("Reports and connections"),
        (
            Permission.LEDGER_REPORT,
            Permission.LEDGER_EXPORT,
            Permission.INTEGRATIONS_MANAGE,
            Permission.INTEGRATIONS_DISPATCH,
        ),
    ),
    (
        _("Oversight"),
        (
            Permission.AUDIT_VIEW,
            Permission.PLANS_VIEW_USAGE,
            Permission.PLANS_VIEW_TENANT,
            Permission.SUPPORT_WORK_DESK,
        ),
    ),
    (
        _("Support desk"),
        (
            Permission.SUPPORT_REVIEW,
            Permission.SUPPORT_HANDLE_SECURITY,
            Permission.SUPPORT_ANSWER_CASES,
            Permission.SUPPORT_MANAGE_KNOWLEDGE,
        ),
    ),
    (
        _("Administration"),
        (
            Permission.ACCOUNTS_MANAGE_STAFF,
            Permission.AUDIT_MANAGE_SUPPORT_ACCESS,
            Permission.PLANS_ONBOARD_TENANT,
            Permission.PLANS_CHANGE_PLAN,
            Permission.PLANS_FREEZE_TENANT,
            Permission.PLANS_EXPLAIN_FREEZE,
            Permission.PLANS_UNFREEZE_TENANT,
        ),
    ),
)

ROLES: Mapping[str, StrOrPromise] = {
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
    "support_lead": pgettext_lazy("role", "Support lead"),
    "engineer": pgettext_lazy("role", "Engineer"),
}

#: role model → role → what the role is for.
DUTIES: Mapping[str, Mapping[str, StrOrPromise]] = {
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
        "support_lead": _(
            "Like an agent; also reviews replies and cases, and keeps the desk's knowledge current."
        ),
        "engineer": _("Answers the desk's cases about guarantees, and is on call."),
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


def permissions_of(
    role_model: str,
) -> Iterator[tuple[StrOrPromise, list[tuple[Permission, PermissionLabel]]]]:
    """The permissions of all roles of the role model, with their labels, grouped by kind of work."""
    granted = frozenset().union(*GRANTS.get(role_model, {}).values())
    for heading, permissions in PERMISSIONS:
        if shown := [(name, PERMISSION_LABELS[name]) for name in permissions if name in granted]:
            yield heading, shown
