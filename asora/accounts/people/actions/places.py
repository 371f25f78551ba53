"""Hubs and tenants of people, for the bodies of actions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from guardian.shortcuts import assign_perm, remove_perm

from asora.accounts.models import User
from asora.accounts.roles import grants
from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.shapes import Values


def name_places(act: Act, ref: str, places: Iterable[Any]) -> None:
    """Record in the event that a person's grants at these hubs (in public: tenants) were given, revoked or offered."""
    named = list(places)
    act.touched(*(keys.grant(ref, place.pk) for place in named))
    if grants.kind() is grants.HUBS:
        act.at_hubs(*named)


def works_at(user: User, granted: Iterable[Any]) -> Values:
    """Where a person works, in the form that events use."""
    return {"all_hubs": user.all_hubs, grants.kind().plural: grants.named(granted)}


def grant(user: User, places: list[Any]) -> None:
    many: Any = places  # guardian accepts lists, but its types do not say so
    assign_perm(grants.kind().permission, user, many)


def revoke(user: User, places: list[Any]) -> None:
    many: Any = places
    remove_perm(grants.kind().permission, user, many)
