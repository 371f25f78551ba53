"""Who somebody is at this moment, and which roles may do what: what the kernel tells of a person who was refused."""

from __future__ import annotations

from typing import Any

from asora.accounts import grants
from asora.accounts.backends import current_role_model
from asora.accounts.roles import GRANTS, PLATFORM
from asora.kernel import binding
from asora.kernel.act import Actor


def of(actor: Actor) -> dict[str, Any]:
    """Roles and hubs of an actor now (on the public host: tenants), hubs by their codes, or "all"."""
    if not actor.is_authenticated or actor.schema != binding.schema_name():
        return {
            "roles": list(actor.roles),
            "hubs": [],
        }  # nobody, or somebody of another host, works nowhere here
    places = grants.ALL if grants.reaches_all(actor) else grants.named(grants.reach(actor))
    return {"roles": list(actor.roles), "hubs": places}


def holders(permission: str) -> list[str]:
    """The roles that hold a permission here; if none of the tenant's do, those of the platform that do."""
    for model in (current_role_model(), PLATFORM):
        if found := [role for role, held in GRANTS.get(model, {}).items() if permission in held]:
            return found
    return []
