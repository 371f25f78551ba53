"""Says of the actions on hubs what is sent of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from audit.events.models import Event
from integrations.types.definition import Described, Describers, EventType
from integrations.types.hubs.event_types import ARCHIVED, CHANGED, CREATED, RESTORED
from integrations.types.hubs.fields import HubState
from inventory.models import Hub

LABEL = Hub._meta.label_lower


def of_one(event_type: EventType, event: Event) -> Iterator[Described]:
    """A hub that was added, renamed, archived or restored by itself."""
    ids = [int(change["id"]) for change in event.changes if change["type"] == LABEL]
    return _described(event_type, Hub.objects.filter(pk__in=ids))


def imported(event: Event) -> Iterator[Described]:
    """The new hubs of a file."""
    return _described(CREATED, Hub.objects.filter(code__in=event.facts["codes"]).order_by("pk"))


DESCRIBERS: Describers = {
    "inventory.hub.create": (partial(of_one, CREATED), (CREATED,)),
    "inventory.hub.import": (imported, (CREATED,)),
    "inventory.hub.edit": (partial(of_one, CHANGED), (CHANGED,)),
    "inventory.hub.archive": (partial(of_one, ARCHIVED), (ARCHIVED,)),
    "inventory.hub.restore": (partial(of_one, RESTORED), (RESTORED,)),
}


def _described(event_type: EventType, hubs: Iterable[Hub]) -> Iterator[Described]:
    for hub in hubs:
        data = HubState(
            hub_id=hub.pk, hub=hub.code, name=hub.name, is_archived=hub.is_archived, version=hub.version
        )
        yield Described(type=event_type.name, subject=f"hubs/{hub.code}", data=data)
