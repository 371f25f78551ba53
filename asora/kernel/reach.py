"""Where an actor works: the one answer for lists, gates and grants.

A place is a hub inside a tenant, and a tenant on the public host. `reach` fails closed: an actor of another schema, an
anonymous one, a deactivated person and an actor that was given nothing reach no place. Its answer agrees with
`actor.may(permission_on_places(), place)` for each place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Model, QuerySet

from asora.kernel import binding
from asora.kernel.actors import Actor
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Rows

OPERATE_HUB = Permission.INVENTORY_OPERATE_HUB
MANAGE_TENANT = Permission.PLANS_MANAGE_TENANT

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Everywhere:
    """Every place there is, and every place that will be added."""

    is_everywhere = True

    def of(self, rows: QuerySet[M], *, place: str = "pk") -> QuerySet[M]:
        """The rows whose place is within reach: all of them."""
        return rows

    def ids(self) -> None:
        """No list of ids would be complete."""


@dataclass(frozen=True, slots=True)
class Places:
    """Exactly the granted places, possibly none. `granted`: a query for their ids; None: there are none."""

    granted: Rows | None = None

    is_everywhere = False

    def of(self, rows: QuerySet[M], *, place: str = "pk") -> QuerySet[M]:
        """The rows whose place is within reach; `place` names the column that refers to it."""
        if self.granted is None:
            return rows.none()
        return rows.filter(**{f"{place}__in": self.granted})

    def ids(self) -> list[int]:
        """The ids of the places, in order."""
        return [] if self.granted is None else sorted(self.granted)


NOWHERE = Places()


def permission_on_places() -> Permission:
    """The permission that is granted place by place on this host."""
    return MANAGE_TENANT if binding.schema_name() == binding.PUBLIC else OPERATE_HUB


def reach(actor: Actor) -> Everywhere | Places:
    """The places that an actor works at on the host that the connection is bound to.

    A person works everywhere or at the places that were granted one by one. An actor without an account (a command, an
    operator inside a tenant, the holder of a link) carries its permissions by name: it works everywhere if it carries
    the one on places, and nowhere otherwise.
    """
    here = binding.schema_name()
    if not actor.is_authenticated or actor.schema != here:
        return NOWHERE
    account = actor.account
    if account is None:
        return Everywhere() if permission_on_places() in actor.granted else NOWHERE
    if not account.is_active or account.schema != here:
        return NOWHERE
    return Everywhere() if account.all_hubs else Places(account.granted_places())


def works_everywhere(actor: Actor) -> bool:
    """Whether an actor works at every place, including those that will be added."""
    return reach(actor).is_everywhere
