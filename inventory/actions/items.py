"""Changes of items. A new name, category or reorder point takes a position, so that earlier reports do not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from decimal import Decimal
from typing import Unpack

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues, Values
from inventory import rules
from inventory.actions import records, reorder_points, scan_codes
from inventory.actions.records import obey
from inventory.models import (
    Bin,
    Category,
    Hub,
    Item,
    ReorderPoint,
    item_fields,
)
from inventory.models.item_fields import ItemFields, OptionalItemFields

MANAGE = Permission.INVENTORY_MANAGE


def _hubs_of(values: ReadOnlyValues) -> list[Hub]:
    """The hubs where a new item is put away and reordered."""
    place = values.get("putaway_bin")
    return [*([place.hub] if place else []), *(values.get("reorder_points") or {})]


@action(
    "inventory.item.create",
    permission=MANAGE,
    ceiling="items",
    subject="sku",
    constraint_refusals=scan_codes.CONSTRAINT_REFUSALS,
    hubs=_hubs_of,
    done=gettext_lazy("created item {label}"),
    tried=gettext_lazy("tried to create item {label}"),
)
def create_item(
    act: Act,
    *,
    sku: str,
    name: str,
    category: Category,
    unit: str,
    **optional: Unpack[OptionalItemFields],
) -> Item:
    """Add an item and its first revision.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED; VALIDATION_FAILED SKU_TAKEN, BARCODE_TAKEN, NAME_RESERVED,
    CATEGORY_ARCHIVED, BIN_ARCHIVED, COST_NEGATIVE, QUANTITY_TOO_PRECISE; PLAN_LIMIT_EXCEEDED.
    """
    place = optional.get("putaway_bin")
    act.reads(category, *([place, place.hub] if place else []))
    item = Item(
        **_ruled({"sku": sku, "name": name, "unit": unit, **optional}),
        category=_live_category(category),
        putaway_bin=_live_bin(place) if place else None,
    )
    codes = obey(rules.barcodes, optional.get("barcodes", ()), field="barcodes")
    points = optional.get("reorder_points") or {}
    wanted = {hub: quantity for hub, quantity in points.items() if quantity is not None}
    reorder_points.require_fitting(item, wanted)
    scan_codes.lock(act)
    scan_codes.require_free_sku(item.sku)
    scan_codes.require_free(item, codes)
    item.save()
    scan_codes.save(item, added=codes)
    ReorderPoint.objects.bulk_create(
        ReorderPoint(item=item, hub=hub, quantity=quantity) for hub, quantity in wanted.items()
    )
    act.touched(category)
    act.changed(item, after=_described(item, codes, wanted))
    reorder_points.revise(act, [item], points={item: reorder_points.in_force(item, wanted)})
    return item


@action(
    "inventory.item.edit",
    permission=MANAGE,
    subject="item",
    constraint_refusals=scan_codes.CONSTRAINT_REFUSALS,
    concerns=_hubs_of,
    done=gettext_lazy("edited item {label}"),
    tried=gettext_lazy("tried to edit item {label}"),
)
def edit_item(act: Act, *, item: Item, version: int, **fields: Unpack[ItemFields]) -> Item:
    """Change only the fields that are passed. The SKU never changes.

    Refusals: STATE_CONFLICT STALE_FORM, ALREADY_ARCHIVED; PERMISSION_DENIED HUB_NOT_GRANTED; VALIDATION_FAILED
    UNIT_FIXED, BARCODE_TAKEN, CATEGORY_ARCHIVED, BIN_ARCHIVED, COST_NEGATIVE, QUANTITY_TOO_PRECISE.
    """
    row = records.opened(act, item, version=version)
    edit = records.differences(row, _ruled(fields) | _references(fields))
    if row.is_moved and ("unit" in edit or "decimals" in edit):
        raise _unit_fixed("unit" if "unit" in edit else "decimals")
    if "category" in edit:
        act.reads(edit.after["category"])
        act.touched(edit.before["category"], edit.after["category"])
        _live_category(edit.after["category"])
    act.at_hubs(
        *(edits["putaway_bin"].hub_id for edits in (edit.before, edit.after) if edits.get("putaway_bin"))
    )
    if place := edit.after.get("putaway_bin"):
        act.reads(place)
        records.require_hubs(act, [place.hub])
        _live_bin(place)
    points = reorder_points.note(act, row, fields.get("reorder_points") or {}, edit=edit)
    added, removed = _note_barcodes(act, row, fields.get("barcodes"), edit=edit)
    elsewhere = [name for name in edit.after if name in {"barcodes", "reorder_points"}]
    if edit:
        reorder_points.require_fitting(_edited(row, edit, elsewhere), reorder_points.of_item(row) | points)
    if not records.save(act, row, edit, elsewhere=elsewhere):
        return row
    scan_codes.save(row, added=added, removed=removed)
    reorder_points.write(row, points)
    changed_points: reorder_points.Points = [*points.items()]
    if "reorder_point" in edit:
        changed_points = [(None, row.reorder_point), *changed_points]
    if "unit" in edit or "decimals" in edit:
        changed = {hub for hub, _quantity in changed_points}
        in_force = reorder_points.in_force(row, reorder_points.of_item(row))
        changed_points = [*changed_points, *(point for point in in_force if point[0] not in changed)]
    if changed_points or "name" in edit or "category" in edit:
        reorder_points.revise(act, [row], points={row: changed_points})
    return row


@action(
    "inventory.item.archive",
    permission=MANAGE,
    subject="item",
    done=gettext_lazy("archived item {label}"),
    tried=gettext_lazy("tried to archive item {label}"),
)
def archive_item(act: Act, *, item: Item) -> Item:
    """Archive an item: no more stock can come in; remaining stock can still go out. It is no longer reordered.

    Refusals: STATE_CONFLICT ALREADY_ARCHIVED.
    """
    row = records.locked(item)
    records.archive(act, row)
    act.touched(row.category)
    if points := reorder_points.in_force(row, reorder_points.of_item(row)):
        reorder_points.revise(act, [row], points={row: [(hub, None) for hub, _quantity in points]})
    return row


@action(
    "inventory.item.restore",
    permission=MANAGE,
    subject="item",
    done=gettext_lazy("restored item {label}"),
    tried=gettext_lazy("tried to restore item {label}"),
)
def restore_item(act: Act, *, item: Item) -> Item:
    """Restore an archived item. Its reorder points apply again.

    Refusals: STATE_CONFLICT NOT_ARCHIVED; VALIDATION_FAILED CATEGORY_ARCHIVED.
    """
    row = records.locked(item)
    act.reads(row.category)
    act.touched(row.category)
    records.require_archived(act, row)
    _live_category(row.category)
    records.restore(act, row)
    if points := reorder_points.in_force(row, reorder_points.of_item(row)):
        reorder_points.revise(act, [row], points={row: points})
    return row


def _live_category(category: Category) -> Category:
    row = records.locked(category)
    records.require_live(row, field="category", reason=Reason.CATEGORY_ARCHIVED)
    return row


def _live_bin(place: Bin) -> Bin:
    row = records.locked(place)
    records.require_live(row, field="putaway_bin", reason=Reason.BIN_ARCHIVED)
    return row


def _ruled(given: ReadOnlyValues) -> Values:
    """The plain fields among the given ones, as their rules have them."""
    return {
        field.name: obey(field.rule, given[field.name], field=field.name)
        for field in item_fields.PLAIN
        if field.name in given
    }


def _references(given: ReadOnlyValues) -> Values:
    return {name: given[name] for name in ("category", "putaway_bin") if name in given}


def _edited(row: Item, edit: records.Edit, elsewhere: Sequence[str]) -> Item:
    """The item as it will be, before anything is written."""
    after = copy(row)
    for name in edit.after:
        if name not in elsewhere:
            setattr(after, name, edit.after[name])
    return after


def _unit_fixed(field: str) -> ValidationFailed:
    return ValidationFailed.at_field(
        field,
        _("This item has ledger entries, so its unit and decimal places can no longer change."),
        reason=Reason.UNIT_FIXED,
    )


def _note_barcodes(
    act: Act, item: Item, wanted: Sequence[str] | None, *, edit: records.Edit
) -> tuple[list[str], list[str]]:
    """The barcodes that are added and those that are removed. Their order does not matter."""
    if wanted is None:
        return [], []
    codes = obey(rules.barcodes, wanted, field="barcodes")
    known = sorted(item.barcodes.values_list("code", flat=True))
    added = [code for code in codes if code not in known]
    removed = [code for code in known if code not in codes]
    if added or removed:
        edit.note("barcodes", known, sorted(codes))
    if added or removed:
        scan_codes.lock(act)
    if added:
        scan_codes.require_free(item, added)
    return added, removed


def _described(item: Item, codes: Sequence[str], points: Mapping[Hub, Decimal | None]) -> Values:
    """A new item as its event has it."""
    return {field.name: field.of(item) for field in item_fields.OWN} | {
        "barcodes": list(codes),
        "reorder_points": {hub.code: quantity for hub, quantity in points.items()},
        "version": item.version,
    }
