"""The policies that are in force and that are proposed, from the table of roles and the catalogue of plans."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from asora.accounts.models import User
from asora.accounts.roles import grants
from asora.accounts.roles.table import GRANTS
from audit.replay.rules import Ceilings, Rights
from plans import catalogue

#: role model → role of another one → the role that comes closest to it, where the name is not the same.
CLOSEST: Mapping[str, Mapping[str, str]] = {
    "simple": {
        "manager": "staff",
        "receiver": "staff",
        "counter": "staff",
        "approver": "staff",
        "auditor": "viewer",
    },
    "standard": {"staff": "manager", "approver": "manager", "auditor": "viewer"},
    "segregated": {"staff": "manager", "viewer": "auditor"},
}
#: The ceilings that count rows of a tenant.
RESOURCES = tuple(catalogue.RESOURCES)


def rights(role_model: str) -> Rights:
    """The rights in force in a role model."""
    return Rights(permissions=_permissions_in(role_model))


def with_role(role_model: str, person: User, role: str) -> Rights:
    """The same rights, and `person` has the role `role`."""
    return Rights(
        permissions=_permissions_in(role_model), role_of={person.ref: role}, works_at=_places_of([person])
    )


def with_hubs(role_model: str, person: User, hubs: Collection[int] | None) -> Rights:
    """The same rights, and `person` works at the hubs with these ids; None: at all hubs."""
    return Rights(
        permissions=_permissions_in(role_model),
        hubs_of={person.ref: None if hubs is None else frozenset(hubs)},
    )


def with_role_model(role_model: str, renamed: Mapping[str, str]) -> Rights:
    """The rights of another role model. `renamed`: present role → role in that model."""
    limited = User.objects.filter(all_hubs=False)
    return Rights(permissions=_permissions_in(role_model), renamed=renamed, works_at=_places_of(limited))


def closest(role_model: str, role: str) -> str:
    """The role of `role_model` with the same name as `role`, or the one that comes closest; empty if there is none."""
    roles = GRANTS.get(role_model, {})
    return role if role in roles else CLOSEST.get(role_model, {}).get(role, "")


def ceilings() -> Ceilings:
    """The ceilings that were in force at each decision."""
    return Ceilings(monthly=_monthly())


def of_plan(plan: str) -> Ceilings:
    """The ceilings of a plan."""
    limits = {resource: catalogue.ceiling(plan=plan, resource=resource) for resource in RESOURCES}
    return Ceilings(limits=limits, monthly=_monthly())


def _permissions_in(role_model: str) -> Callable[[str], Collection[str] | None]:
    return GRANTS.get(role_model, {}).get


def _places_of(people: Iterable[User]) -> dict[str, frozenset[int] | None]:
    return {
        person.ref: None
        if person.all_hubs
        else frozenset(grants.granted_places(person).values_list("pk", flat=True))
        for person in people
    }


def _monthly() -> frozenset[str]:
    return frozenset(name for name, resource in catalogue.RESOURCES.items() if resource.monthly)
