"""The three role models of tenants and the platform's own roles, as one table.

The roles page shows this table, the role back end checks permissions against it, and the matrix test walks it.
"""

from __future__ import annotations

from collections.abc import Mapping

from asora.accounts.models.people import OPERATOR_ROLES
from asora.kernel import binding

OPERATE_HUB = "inventory.operate_hub"
MANAGE_TENANT = "plans.manage_tenant"

# permission: the initials of the roles that have it, in (simple, standard, segregated).
_TABLE: Mapping[str, tuple[str, str, str]] = {
    "inventory.view": ("OSV", "OMRCV", "OMRCPA"),
    "inventory.manage": ("OS", "OM", "OM"),
    "inventory.vendor_eligibility": ("O", "OM", "OP"),
    "ledger.view_stock": ("OSV", "OMRV", "OMRPA"),
    "ledger.view_value": ("OS", "OM", "OMPA"),
    "ledger.receive": ("OS", "OMR", "OR"),
    "ledger.issue": ("OS", "OMR", "OMR"),
    "ledger.transfer": ("OS", "OMR", "OMR"),
    "ledger.request_adjustment": ("OS", "OM", "OMR"),
    "ledger.adjust": ("OS", "OM", "OP"),
    "ledger.count": ("OS", "OMC", "OC"),
    "ledger.approve_count": ("OS", "OM", "OP"),
    "ledger.reverse": ("O", "OM", "OP"),
    "ledger.report": ("OSV", "OMV", "OMPA"),
    "ledger.export": ("OS", "OM", "OMA"),
    "integrations.manage": ("O", "O", "O"),
    "integrations.dispatch": ("O", "OM", "OM"),
    "audit.view": ("O", "OM", "OA"),
    "accounts.manage_staff": ("O", "O", "O"),
    "plans.view_usage": ("O", "O", "O"),
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
_OPERATOR = frozenset({"plans.view_tenant", "plans.onboard_tenant", "plans.change_plan", "audit.view"})
_OPS_LEAD = _OPERATOR | {"plans.freeze_tenant", "plans.explain_freeze"}
_PLATFORM: Mapping[str, frozenset[str]] = {
    "operator": _OPERATOR,
    "ops_lead": _OPS_LEAD,
    "platform_lead": _OPS_LEAD | {"plans.unfreeze_tenant", "accounts.manage_staff"},
    "agent": frozenset({"support.work_desk"}),
}
#: The actor type that the audit trail records for a role of the public host; everybody else is a user.
ACTOR_TYPES: Mapping[str, str] = {
    **dict.fromkeys(sorted(OPERATOR_ROLES), "operator"),
    "agent": "support",
}
NEEDS_SECOND_FACTOR = frozenset(_PLATFORM)

PLATFORM = "platform"


def _grants() -> dict[str, dict[str, frozenset[str]]]:
    models: dict[str, dict[str, frozenset[str]]] = {PLATFORM: dict(_PLATFORM)}
    for column, (model, initials) in enumerate(_INITIALS.items()):
        models[model] = {
            role: frozenset(name for name, holders in _TABLE.items() if initial in holders[column])
            for initial, role in initials.items()
        }
    return models


#: role model → role → permissions.
GRANTS: Mapping[str, Mapping[str, frozenset[str]]] = _grants()
ROLE_MODELS: tuple[str, ...] = tuple(_INITIALS)
MANAGE_STAFF = "accounts.manage_staff"
#: Given to the holder of an invitation's link and to nobody else: to accept that invitation.
ACCEPT_INVITATION = "accounts.accept_invitation"
#: Given to the sign-in page, for people who have forgotten their password.
ASK_FOR_RESET = "accounts.ask_for_reset"
PERMISSIONS: tuple[str, ...] = tuple(_TABLE)


def granted(*, role_model: str, role: str) -> frozenset[str]:
    """The permissions of a role; none for an unknown role."""
    return GRANTS.get(role_model, {}).get(role, frozenset())


def keepers(role_model: str) -> frozenset[str]:
    """The roles that may manage people. At least one active person must always have one of them."""
    return frozenset(role for role, held in GRANTS.get(role_model, {}).items() if MANAGE_STAFF in held)


def current_role_model() -> str:
    """The role model of the tenant that the connection is bound to."""
    if binding.schema_name() == "public":
        return PLATFORM
    return str(getattr(binding.tenant(), "role_model", ""))
