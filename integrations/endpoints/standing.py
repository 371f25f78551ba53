"""Whether an endpoint may receive now. It receives at most what its maker may see, with the maker's present rights.

If the maker loses one of these rights, the endpoint pauses: nothing is queued for it, sent to it or read from its feed
until the maker has the right again, or somebody else with all of them takes the endpoint over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from asora.accounts.models import User
from asora.accounts.roles import grants
from asora.accounts.roles.table import current_role_model, granted
from asora.kernel.permissions import Permission
from asora.kernel.words import PERMISSION_LABELS
from integrations.endpoints.models import Endpoint
from integrations.endpoints.rights import VALUES, wanted_by
from inventory.models import Hub


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an endpoint may receive, and the rights of its maker that bound it.

    `reasons`: why it is paused, as sentences; empty if it is not. `hubs`: the ids of the hubs where its maker works;
    None: all of them. `sees_values`: whether the maker may see values.
    """

    reasons: tuple[str, ...]
    hubs: frozenset[int] | None
    sees_values: bool

    @property
    def is_paused(self) -> bool:
        """Returns True if the endpoint may not receive."""
        return bool(self.reasons)

    def covers(self, *, hubs: Collection[int], with_values: bool) -> bool:
        """Returns True if the maker may see a payload that concerns `hubs`, with values or without.

        A payload may be older than the present settings of its endpoint, so it is asked about by itself.
        """
        return (self.sees_values or not with_values) and (self.hubs is None or self.hubs.issuperset(hubs))


@dataclass(frozen=True, slots=True)
class Maker:
    """The present rights of the maker of an endpoint. `hubs`: ids of the hubs where they work; None: all of them."""

    role: str
    hubs: frozenset[int] | None


def state_of(endpoint: Endpoint, now: Standing) -> str:
    """The state of an endpoint as the name of its badge. What a person decided comes first."""
    if endpoint.removed_at:
        return "removed"
    if not endpoint.is_enabled:
        return "disabled"
    return "paused" if now.is_paused else "enabled"


def standing(endpoint: Endpoint) -> Standing:
    """Whether an endpoint may receive now."""
    hubs: frozenset[int] = frozenset()
    if not endpoint.all_hubs:
        hubs = frozenset(endpoint.hubs.values_list("pk", flat=True))
    return standings([endpoint], hubs={endpoint.pk: hubs})[endpoint.pk]


def standings(endpoints: Sequence[Endpoint], *, hubs: Mapping[UUID, frozenset[int]]) -> dict[UUID, Standing]:
    """Whether these endpoints may receive now, by id. One query, and another one if a maker lost a hub.

    `hubs`: the ids of the hubs of each endpoint that does not receive from all.
    """
    people = makers({endpoint.maker for endpoint in endpoints})
    return {
        endpoint.pk: standing_under(
            people.get(endpoint.maker),
            event_types=endpoint.event_types,
            with_values=endpoint.with_values,
            hubs=None if endpoint.all_hubs else hubs[endpoint.pk],
        )
        for endpoint in endpoints
    }


def makers(refs: Collection[str]) -> dict[str, Maker]:
    """The rights of these people by pseudonym; those without an active account are left out. One query."""
    rows: Any = (
        User.objects.filter(ref__in=refs, is_active=True)
        .only("ref", "role", "all_hubs")
        .annotate(
            places=ArraySubquery(grants.granted_places(OuterRef(OuterRef("pk"))).order_by().values("pk"))
        )
    )
    return {
        person.ref: Maker(person.role, None if person.all_hubs else frozenset(person.places))
        for person in rows
    }


def standing_under(
    maker: Maker | None, *, event_types: Collection[str], with_values: bool, hubs: frozenset[int] | None
) -> Standing:
    """Whether an endpoint with these settings may receive; `maker` is None if there is no active account.

    `hubs`: the ids of the hubs that it receives; None: all of them. A query only if the maker lost a hub.
    """
    if maker is None:
        gone = _("The person who set this endpoint up no longer has an active account here.")
        return Standing((gone,), frozenset(), sees_values=False)
    permissions = granted(role_model=current_role_model(), role=maker.role)
    wanted = wanted_by(event_types, with_values=with_values)
    reasons = (*_lacking(permissions, wanted), *_beyond(hubs, maker.hubs))
    return Standing(reasons, maker.hubs, sees_values=VALUES in permissions)


def _lacking(permissions: Collection[Permission], wanted: Iterable[Permission]) -> list[str]:
    return [
        _("The person who set this endpoint up no longer has the permission “%(permission)s”.")
        % {"permission": PERMISSION_LABELS[permission].label}
        for permission in wanted
        if permission not in permissions
    ]


def _beyond(hubs: frozenset[int] | None, reach: frozenset[int] | None) -> list[str]:
    if reach is None:
        return []
    if hubs is None:
        return [_("It receives from all hubs, and the person who set it up no longer works at all of them.")]
    if not (beyond := hubs - reach):
        return []
    codes = list(Hub.objects.filter(pk__in=beyond).order_by("code").values_list("code", flat=True))
    return [
        ngettext(
            "The person who set this endpoint up no longer works at hub %(hubs)s.",
            "The person who set this endpoint up no longer works at hubs %(hubs)s.",
            len(codes),
        )
        % {"hubs": ", ".join(codes)}
    ]
