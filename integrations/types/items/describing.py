"""Says of the actions on items what is sent of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from asora.kernel.shapes import ReadOnlyValues
from audit.events.models import Event
from integrations.types.definition import Described, Describers, EventType, Hubs
from integrations.types.items.event_types import ARCHIVED, CHANGED, CREATED, RESTORED
from integrations.types.items.fields import AT_HUBS, ChangedItem, ItemState
from integrations.types.items.reading import Row, read
from inventory.models import Hub, Item, ItemRevision

LABEL = Item._meta.label_lower
#: The fields that an edit names and that are sent.
SENT = ("name", "category", "unit", "decimals", "standard_cost", "barcodes", "reorder_point", *AT_HUBS)


def of_one(event_type: EventType, event: Event) -> Iterator[Described]:
    """An item that was added, archived or restored by itself."""
    for item, fields in read([_item_id(event)]):
        yield _described(event_type, item, ItemState(**fields), event.first_position)


def imported(event: Event) -> Iterator[Described]:
    """The items of a file, in its order: each has a revision at its own position."""
    revisions = ItemRevision.objects.filter(position__range=(event.first_position, event.last_position))
    position_of = dict(revisions.values_list("item", "position"))
    ordered = sorted(position_of, key=position_of.__getitem__)
    for item, fields in read(ordered):
        yield _described(CREATED, item, ItemState(**fields), position_of[item.id])


def changed(event: Event) -> Iterator[Described]:
    """An item that was edited."""
    change = _change(event)
    names = tuple(name for name in SENT if name in change["after"])
    changed_at = {name: _hubs_of(change, name) for name in AT_HUBS if name in names}
    for item, fields in read([_item_id(event)]):
        data = ChangedItem(**fields, changed=names, changed_at=changed_at)
        yield _described(CHANGED, item, data, event.first_position)


DESCRIBERS: Describers = {
    "inventory.item.create": (partial(of_one, CREATED), (CREATED,)),
    "inventory.item.import": (imported, (CREATED,)),
    "inventory.item.edit": (changed, (CHANGED,)),
    "inventory.item.archive": (partial(of_one, ARCHIVED), (ARCHIVED,)),
    "inventory.item.restore": (partial(of_one, RESTORED), (RESTORED,)),
}


def _described(event_type: EventType, item: Row, data: ItemState, position: int | None) -> Described:
    return Described(type=event_type.name, subject=f"items/{item.sku}", position=position, data=data)


def _change(event: Event) -> ReadOnlyValues:
    return next(change for change in event.changes if change["type"] == LABEL)


def _item_id(event: Event) -> int:
    return int(_change(event)["id"])


def _hubs_of(change: Mapping[str, ReadOnlyValues], name: str) -> Hubs:
    """The hubs that the change of one field concerns. The event names them by their codes, which never change."""
    codes: set[str] = set()
    for side in ("before", "after"):
        named = change[side][name]
        if name == "putaway_bin":
            codes |= {named.partition("/")[0]} if named else set()
        else:
            codes |= set(named or ())
    return frozenset(Hub.objects.filter(code__in=codes).values_list("pk", flat=True))
