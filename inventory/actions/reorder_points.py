"""Reorder points of items, and the revisions that reports of the past read. Called by the actions of items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from asora.kernel import positions
from asora.kernel.act import Act
from inventory import rules
from inventory.actions import records
from inventory.actions.records import obey
from inventory.models import Hub, Item, ItemRevision, ReorderPoint, ReorderRevision

#: Reorder points by hub. The hub None means the item's own reorder point, for every hub without one.
Points = Sequence[tuple[Hub | None, Decimal | None]]


def revise(act: Act, items: Sequence[Item], *, points: Mapping[Item, Points]) -> None:
    """Record the name and category of each item from the next position on.

    `points`: the reorder points that changed. They take a position as a name does, because a report of an earlier
    position may already be exported. Call this last: from here to the commit nobody else can take a position.
    """
    block = positions.take(len(items))
    ItemRevision.objects.bulk_create(
        [
            ItemRevision(
                position=position,
                item=item,
                name=item.name,
                category_code=item.category.code,
                recorded_at=block.recorded_at,
            )
            for position, item in enumerate(items, start=block.first)
        ],
        batch_size=records.BATCH,
    )
    ReorderRevision.objects.bulk_create(
        [
            ReorderRevision(
                position=position,
                item=item,
                hub=hub,
                quantity=quantity,
                unit=item.unit,
                decimals=item.decimals,
            )
            for position, item in enumerate(items, start=block.first)
            for hub, quantity in points.get(item, ())
        ],
        batch_size=records.BATCH,
    )
    act.posted(block.first, block.last)


def require_fitting(item: Item, points: Mapping[Hub, Decimal | None]) -> None:
    places = item.decimals
    obey(lambda quantity: rules.fitting(quantity, places=places), item.reorder_point, field="reorder_point")
    for hub, point in points.items():
        field = f"reorder_point_{hub.pk}"
        quantity = obey(rules.reorder_point, point, field=field)
        obey(lambda quantity: rules.fitting(quantity, places=places), quantity, field=field)


def in_force(item: Item, of_hubs: Mapping[Hub, Decimal | None]) -> Points:
    """The item's own reorder point, if it has one, and those of the hubs."""
    own: Points = [] if item.reorder_point is None else [(None, item.reorder_point)]
    return [*own, *of_hubs.items()]


def of_item(item: Item) -> dict[Hub, Decimal | None]:
    return {point.hub: point.quantity for point in item.hub_reorder_points.select_related("hub")}


def note(
    act: Act, item: Item, wanted: Mapping[Hub, Decimal | None], *, edit: records.Edit
) -> dict[Hub, Decimal | None]:
    """The hubs whose reorder point changes, with the new quantity."""
    known = of_item(item) if wanted else {}
    changed = {hub: quantity for hub, quantity in wanted.items() if known.get(hub) != quantity}
    if changed:
        act.at_hubs(*changed)
        records.require_hubs(act, changed)
        edit.note(
            "reorder_points",
            {hub.code: known.get(hub) for hub in changed},
            {hub.code: quantity for hub, quantity in changed.items()},
        )
    return changed


def write(item: Item, points: Mapping[Hub, Decimal | None]) -> None:
    gone = [hub for hub, quantity in points.items() if quantity is None]
    if gone:
        item.hub_reorder_points.filter(hub__in=gone).delete()
    ReorderPoint.objects.bulk_create(
        [
            ReorderPoint(item=item, hub=hub, quantity=quantity)
            for hub, quantity in points.items()
            if quantity is not None
        ],
        update_conflicts=True,
        unique_fields=["item", "hub"],
        update_fields=["quantity"],
    )
