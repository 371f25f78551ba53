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
    makers = {endpoint.maker for endpoint in endpoints}
    people: dict[str, Any] = {
        person.ref: person
        for person in User.objects.filter(ref__in=makers, is_active=True)
        .only("ref", "role", "all_hubs")
        .annotate(
            places=ArraySubquery(grants.granted_places(OuterRef(OuterRef("pk"))).order_by().values("pk"))
        )
    }
    model = current_role_model()
    return {
        endpoint.pk: _standing(
            endpoint,
            people.get(endpoint.maker),
            hubs=None if endpoint.all_hubs else hubs[endpoint.pk],
            role_model=model,
        )
        for endpoint in endpoints
    }


def _standing(endpoint: Endpoint, maker: Any, *, hubs: frozenset[int] | None, role_model: str) -> Standing:
    if maker is None:
        gone = _("The person who set this endpoint up no longer has an active account here.")
        return Standing((gone,), frozenset(), sees_values=False)
    reach = None if maker.all_hubs else frozenset(maker.places)
    permissions = granted(role_model=role_model, role=maker.role)
    wanted = wanted_by(endpoint.event_types, with_values=endpoint.with_values)
    reasons = (*_lacking(permissions, wanted), *_beyond(hubs, reach))
    return Standing(reasons, reach, sees_values=VALUES in permissions)


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
