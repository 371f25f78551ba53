"""The three role models and the platform's own roles: data, from the first day (product.md, "Role models").

The permissions page shows this very table, the role back end asks it, and the matrix test walks it.
"""

from __future__ import annotations

from collections.abc import Mapping

OPERATE_HUB = "inventory.operate_hub"

# permission: who holds it, by the initials of the roles of (simple, standard, segregated).
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
_PLATFORM: Mapping[str, frozenset[str]] = {
    "operator": frozenset({"plans.view_tenant", "plans.onboard_tenant", "audit.view"}),
    "agent": frozenset({"support.work_desk"}),
}

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
PERMISSIONS: tuple[str, ...] = tuple(_TABLE)


def granted(*, role_model: str, role: str) -> frozenset[str]:
    """The permissions of a role; of an unknown role, none."""
    return GRANTS.get(role_model, {}).get(role, frozenset())
