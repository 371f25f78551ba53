"""The list of endpoints, with their standing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.listing import Column, Listing
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues
from integrations.endpoints.models import Endpoint
from integrations.endpoints.rules import origin
from integrations.endpoints.standing import Standing, standings

VIEW = Permission.INTEGRATIONS_DISPATCH


@dataclass(frozen=True, slots=True)
class Row:
    """An endpoint as a list shows it. `address`: without path and query."""

    endpoint: Endpoint
    standing: Standing
    address: str
    hubs: Sequence[str]

    @property
    def state(self) -> str:
        """The state as the name of its badge."""
        return state_of(self.endpoint, self.standing)


def state_of(endpoint: Endpoint, standing: Standing) -> str:
    """The state of an endpoint as the name of its badge. What a person decided comes first."""
    if endpoint.removed_at:
        return "removed"
    if not endpoint.is_enabled:
        return "disabled"
    return "paused" if standing.is_paused else "enabled"


def _endpoints(_act: Act, _filters: ReadOnlyValues) -> QuerySet[Endpoint]:
    return Endpoint.objects.prefetch_related("hubs")


def with_standing(endpoints: Iterable[Endpoint]) -> list[Row]:
    """These endpoints with their standing. Their hubs are prefetched."""
    shown = list(endpoints)
    chosen = {endpoint.pk: sorted(endpoint.hubs.all(), key=str) for endpoint in shown}
    found = standings(shown, hubs={pk: frozenset(hub.pk for hub in hubs) for pk, hubs in chosen.items()})
    return [
        Row(endpoint, found[endpoint.pk], origin(endpoint.url), [hub.code for hub in chosen[endpoint.pk]])
        for endpoint in shown
    ]


ENDPOINTS = Listing(
    name="endpoints",
    permission=VIEW,
    order=("name_key", "id"),
    query=_endpoints,
    columns=(Column("name", _("Name"), lambda row: row.name),),
)
