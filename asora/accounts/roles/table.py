"""The three role models of tenants and the platform's own roles, as one table.

The roles page shows this table, the role back end checks permissions against it, and the matrix test walks it.
"""

from __future__ import annotations

from collections.abc import Mapping

from asora.kernel import binding
from asora.kernel.permissions import Permission

OPERATE_HUB = Permission.INVENTORY_OPERATE_HUB
MANAGE_TENANT = Permission.PLANS_MANAGE_TENANT

# permission: the initials of the roles that have it, in (simple, standard, segregated).
_TABLE: Mapping[Permission, tuple[str, str, str]] = {
    Permission.INVENTORY_VIEW: ("OSV", "OMRCV", "OMRCPA"),
    Permission.INVENTORY_MANAGE: ("OS", "OM", "OM"),
    Permission.INVENTORY_VENDOR_ELIGIBILITY: ("O", "OM", "OP"),
    Permission.LEDGER_VIEW_STOCK: ("OSV", "OMRV", "OMRPA"),
    Permission.LEDGER_VIEW_VALUE: ("OS", "OM", "OMPA"),
    Permission.LEDGER_RECEIVE: ("OS", "OMR", "OR"),
    Permission.LEDGER_ISSUE: ("OS", "OMR", "OMR"),
    Permission.LEDGER_TRANSFER: ("OS", "OMR", "OMR"),
    Permission.LEDGER_REQUEST_ADJUSTMENT: ("OS", "OM", "OMR"),
    Permission.LEDGER_ADJUST: ("OS", "OM", "OP"),
    Permission.LEDGER_COUNT: ("OS", "OMC", "OC"),
    Permission.LEDGER_APPROVE_COUNT: ("OS", "OM", "OP"),
    Permission.LEDGER_REVERSE: ("O", "OM", "OP"),
    Permission.LEDGER_REPORT: ("OSV", "OMV", "OMPA"),
    Permission.LEDGER_EXPORT: ("OS", "OM", "OMA"),
    Permission.INTEGRATIONS_MANAGE: ("O", "O", "O"),
    Permission.INTEGRATIONS_DISPATCH: ("O", "OM", "OM"),
    Permission.AUDIT_VIEW: ("O", "OM", "OA"),
    Permission.AUDIT_MANAGE_SUPPORT_ACCESS: ("O", "O", "O"),
    Permission.ACCOUNTS_MANAGE_STAFF: ("O", "O", "O"),
    Permission.PLANS_VIEW_USAGE: ("O", "O", "O"),
}

_INITIALS: Mapping[str, Mapping[str, str]] = {
    "simple": {"O": "owner", "S": "staff", "V": "viewer"},
    "standard": {"O": "owner", "M": "manager", "R": "receiver", "C": "counter", "V": "viewer"},
    "segregated": {
        "O": "owner",
        "M": "manager",
        "R": "receiver",
        "C": "counter",
        "P": "approver",
        "A": "auditor",
    },
}

# On the public host nobody has a tenant's permissions, only the platform's own.
# Access to a single tenant is granted per tenant (`plans.manage_tenant`), as access to hubs is inside one. Only leads
# may freeze a tenant, and only a platform lead may open it again.
_OPERATOR = frozenset(
    {
        Permission.PLANS_VIEW_TENANT,
        Permission.PLANS_ONBOARD_TENANT,
        Permission.PLANS_CHANGE_PLAN,
        Permission.AUDIT_VIEW,
    }
)
_OPS_LEAD = _OPERATOR | {Permission.PLANS_FREEZE_TENANT, Permission.PLANS_EXPLAIN_FREEZE}
_PLATFORM: Mapping[str, frozenset[Permission]] = {
    "operator": _OPERATOR,
    "ops_lead": _OPS_LEAD,
    "platform_lead": _OPS_LEAD | {Permission.PLANS_UNFREEZE_TENANT, Permission.ACCOUNTS_MANAGE_STAFF},
    "agent": frozenset({Permission.SUPPORT_WORK_DESK}),
    "support_lead": frozenset(
        {
            Permission.SUPPORT_WORK_DESK,
            Permission.SUPPORT_REVIEW,
            Permission.SUPPORT_HANDLE_SECURITY,
            Permission.SUPPORT_MANAGE_KNOWLEDGE,
        }
    ),
    "engineer": frozenset(
        {
            Permission.SUPPORT_WORK_DESK,
            Permission.SUPPORT_HANDLE_SECURITY,
            Permission.SUPPORT_ANSWER_CASES,
        }
    ),
}
#: The actor type that the audit trail records for a role of the public host; everybody else is a user.
ACTOR_TYPES: Mapping[str, str] = {
    "operator": "operator",
    "ops_lead": "operator",
    "platform_lead": "operator",
    "agent": "support",
    "support_lead": "support",
    "engineer": "support",
}
OPERATORS = frozenset(role for role, kind in ACTOR_TYPES.items() if kind == "operator")
NEEDS_SECOND_FACTOR = frozenset(_PLATFORM)

PLATFORM = "platform"


def _grants() -> dict[str, dict[str, frozenset[Permission]]]:
    models: dict[str, dict[str, frozenset[Permission]]] = {PLATFORM: dict(_PLATFORM)}
    for column, (model, initials) in enumerate(_INITIALS.items()):
        models[model] = {
            role: frozenset(name for name, holders in _TABLE.items() if initial in holders[column])
            for initial, role in initials.items()
        }
    return models


#: role model → role → permissions.
GRANTS: Mapping[str, Mapping[str, frozenset[Permission]]] = _grants()
ROLE_MODELS: tuple[str, ...] = tuple(_INITIALS)
MANAGE_STAFF = Permission.ACCOUNTS_MANAGE_STAFF
#: Given to the holder of an invitation's link and to nobody else: to accept that invitation.
ACCEPT_INVITATION = Permission.ACCOUNTS_ACCEPT_INVITATION
#: Given to the sign-in page, for people who have forgotten their password.
ASK_FOR_RESET = Permission.ACCOUNTS_ASK_FOR_RESET
PERMISSIONS: tuple[Permission, ...] = tuple(_TABLE)


def granted(*, role_model: str, role: str) -> frozenset[Permission]:
    """The permissions of a role; none for an unknown role."""
    return GRANTS.get(role_model, {}).get(role, frozenset())


def managing_roles(role_model: str) -> frozenset[str]:
    """The roles that may manage people. At least one active person must always have one of them."""
    return frozenset(
        role for role, permissions in GRANTS.get(role_model, {}).items() if MANAGE_STAFF in permissions
    )


def current_role_model() -> str:
    """The role model of the tenant that the connection is bound to."""
    if binding.schema_name() == "public":
        return PLATFORM
    return str(getattr(binding.tenant(), "role_model", ""))
