"""The list of endpoints, with their standing and health, and the panel of the dashboard."""

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
from integrations.endpoints.standing import Standing, standings, state_of
from integrations.overview.health import Health, health

VIEW = Permission.INTEGRATIONS_DISPATCH
#: The most endpoints that the dashboard looks at, and the most that it shows.
MAX_READ, MAX_SHOWN = 200, 6


@dataclass(frozen=True, slots=True)
class Row:
    """An endpoint as a list shows it. `address`: without path and query."""

    endpoint: Endpoint
    standing: Standing
    address: str
    hubs: Sequence[str]
    health: Health

    @property
    def state(self) -> str:
        """The state as the name of its badge."""
        return state_of(self.endpoint, self.standing)


def _endpoints(_act: Act, _filters: ReadOnlyValues) -> QuerySet[Endpoint]:
    return Endpoint.objects.prefetch_related("hubs")


def rows_of(endpoints: Iterable[Endpoint]) -> list[Row]:
    """These endpoints with their standing and health, in their order. The number of queries does not grow."""
    shown = list(endpoints)
    chosen = {endpoint.pk: sorted(endpoint.hubs.all(), key=str) for endpoint in shown}
    healths = health(chosen)
    found = standings(shown, hubs={pk: frozenset(hub.pk for hub in hubs) for pk, hubs in chosen.items()})
    return [
        Row(
            endpoint,
            found[endpoint.pk],
            origin(endpoint.url),
            [hub.code for hub in chosen[endpoint.pk]],
            healths[endpoint.pk],
        )
        for endpoint in shown
    ]


ENDPOINTS = Listing(
    name="endpoints",
    permission=VIEW,
    order=("name_key", "id"),
    query=_endpoints,
    columns=(Column("name", _("Name"), lambda row: row.name),),
)


def panel() -> tuple[list[Row], int]:
    """The endpoints for the dashboard, those that need somebody first, and how many there are in all."""
    rows = rows_of(Endpoint.objects.prefetch_related("hubs").order_by("name_key")[:MAX_READ])
    return sorted(rows, key=_urgency)[:MAX_SHOWN], Endpoint.objects.count()


def _urgency(row: Row) -> tuple[bool, bool, bool]:
    return (
        row.state != "paused",
        row.health.state != "failing" or row.state == "disabled",
        row.state == "disabled",
    )
