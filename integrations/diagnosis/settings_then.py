"""The settings that an endpoint had when an event was written, read from the trail.

The outbox reads an endpoint while the trail's number is locked. So an event was queued with exactly the settings that
all changes with smaller numbers had made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.events.models import Event
from integrations.endpoints.models import Endpoint
from inventory.models import Hub

RESOURCE = "integrations.endpoint"


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of an endpoint at one moment.

    `hubs`: the ids of its hubs; None: all. `since`: when it was last enabled or disabled. `maker`: a pseudonym.
    """

    is_enabled: bool
    event_types: frozenset[str]
    hubs: frozenset[int] | None
    hub_codes: tuple[str, ...]
    maker: str
    since: datetime


def settings_then(endpoint: Endpoint, number: int) -> Settings | None:
    """The settings of an endpoint when the event with this number was written; None: it was created later."""
    rows = Event.objects.filter(
        resource_type=RESOURCE, resource_id=str(endpoint.pk), outcome=Event.Outcome.ALLOWED, number__lt=number
    )
    values: dict[str, object] = {}
    maker, since = "", endpoint.created_at
    for event in rows.order_by("number").only("changes", "actor_ref", "occurred_at"):
        for change in event.changes:
            if change["type"] != RESOURCE or change["id"] != str(endpoint.pk):
                continue
            after = change["after"]
            maker = str(after.get("maker", maker or event.actor_ref))
            if "is_enabled" in after:
                since = event.occurred_at
            values |= after
    if not values:
        return None
    codes = tuple(str(code) for code in _listed(values.get("hubs")))
    return Settings(
        is_enabled=bool(values.get("is_enabled")),
        event_types=frozenset(str(name) for name in _listed(values.get("event_types"))),
        hubs=None
        if values.get("all_hubs")
        else frozenset(Hub.objects.filter(code__in=codes).values_list("pk", flat=True)),
        hub_codes=codes,
        maker=maker,
        since=since,
    )


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []
