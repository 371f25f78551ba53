"""A person's current roles and places, and the roles that have a permission: the facts that refusals report."""

from __future__ import annotations

from asora.accounts.roles import grants
from asora.accounts.roles.table import GRANTS, PLATFORM, current_role_model
from asora.kernel.actors import Actor
from asora.kernel.reach import works_everywhere
from asora.kernel.shapes import Values


def of(actor: Actor) -> Values:
    """The current roles and hubs of an actor (on the public host: tenants); hubs as codes, or "all"."""
    places = grants.ALL if works_everywhere(actor) else grants.named(grants.within_reach(actor))
    return {"roles": list(actor.roles), "hubs": places}


def holders(permission: str) -> list[str]:
    """The roles that have a permission here; if no role of the tenant has it, the platform's roles that have it."""
    for model in (current_role_model(), PLATFORM):
        if found := [role for role, granted in GRANTS.get(model, {}).items() if permission in granted]:
            return found
    return []
