"""Importing items from a CSV file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.door import action
from asora.kernel.gates import hub_not_granted
from asora.kernel.headers import Mapped
from asora.kernel.importing import LineErrors, read_table
from asora.kernel.refusals import Reason
from inventory import rules
from inventory.actions import files, items, records
from inventory.actions.files import Imported, Line
from inventory.models import Barcode, Bin, Category, Item
from inventory.queries import permitted_hubs

REQUIRED = ("sku", "name", "category_code", "unit", "standard_cost", "reorder_point")
OPTIONAL = ("decimals", "putaway_bin", "barcodes")
RULES: Mapping[str, Any] = {
    "sku": rules.sku,
    "name": rules.name,
    "category_code": rules.bin_code,
    "unit": rules.unit,
    "standard_cost": rules.standard_cost,
    "reorder_point": rules.reorder_point,
    "decimals": lambda text: rules.decimals(text or 0),
    "putaway_bin": files.optional(rules.bin_address),
    "barcodes": rules.barcodes,
}


@dataclass(frozen=True, slots=True)
class Existing:
    """An item that the file names, as it is."""

    sku: str
    name: str
    category_code: str
    unit: str
    standard_cost: Decimal
    reorder_point: Decimal | None
    decimals: int
    address: tuple[str, str] | None
    barcodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What the lines of a file refer to, read in a fixed number of queries."""

    items: Mapping[str, Existing]  # those that the file names, by SKU in upper case
    skus: frozenset[str]  # of all items, in upper case
    categories: Mapping[str, Category]  # by code in upper case
    bins: Mapping[str, Bin]  # by address in upper case
    barcodes: Mapping[str, str]  # barcode to the SKU of its item, in upper case


@action("inventory.item.import", permission=items.MANAGE, ceiling="items", nets=items.NETS)
def import_items(act: Act, *, content: bytes, mapping: Mapped | None = None) -> Imported:
    """Add the items of a CSV file: sku, name, category_code, unit, standard_cost, reorder_point; optional decimals,
    putaway_bin (HUB/BIN) and barcodes (separated by spaces). Revisions take positions in the order of the file.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED (a put-away bin); VALIDATION_FAILED, every refused line with its rule:
    DUPLICATE_ROW, ROW_DIFFERS, UNKNOWN_PARENT, CATEGORY_ARCHIVED, UNKNOWN_BIN, BIN_ARCHIVED, BARCODE_TAKEN,
    COST_NEGATIVE, QUANTITY_TOO_PRECISE, …; PLAN_LIMIT_EXCEEDED.
    """
    table = read_table(content, required=REQUIRED, optional=OPTIONAL, mapping=mapping)
    errors = LineErrors()
    lines = files.ruled(table, RULES, errors=errors)
    is_point_proved = table.proves_point("standard_cost", "reorder_point")
    known = _known(act, lines)
    files.refuse_twice(lines, "sku", errors=errors)
    new: list[Line] = []
    for line in lines:
        if item := known.items.get(line.key("sku")):
            files.differs(line, _as_line(item, line), errors=errors)
        else:
            _judge(line, known=known, errors=errors)
            if not is_point_proved:
                _refuse_ambiguous(line, "standard_cost", "reorder_point", errors=errors)
            new.append(line)
    _judge_scan_codes(new, known=known, errors=errors)
    if errors:
        raise errors.refusal(total=len(table.rows))
    created = _insert(new, known)
    imported = files.record(act, table, lines, new=new, key=("sku",))
    if created:
        points = {item: item.reorder_point for item in created if item.reorder_point is not None}
        items.revise(act, created, points={item: [(None, point)] for item, point in points.items()})
    return imported


def _known(act: Act, lines: Sequence[Line]) -> Known:
    addresses = [line.values["putaway_bin"] for line in lines if line.get("putaway_bin")]
    named = {hub.upper() for hub, _place in addresses}
    bins: dict[str, Bin] = {}
    if named:
        permitted = set(permitted_hubs(act.actor).values_list("pk", flat=True))
        for place in Bin.objects.select_related("hub").select_for_update(of=("self",)).order_by("pk"):
            if place.hub.code.upper() not in named:
                continue
            if place.hub_id not in permitted:
                raise hub_not_granted(place.hub)
            bins[place.address.upper()] = place
    categories = {node.code.upper(): node for node in Category.objects.select_for_update().order_by("pk")}
    records.hold(act, items.SCAN_CODES)
    owners = {
        code: sku.upper() for code, sku in Barcode.objects.order_by("code").values_list("code", "item__sku")
    }
    skus, existing = _existing({line.key("sku") for line in lines}, owners)
    return Known(existing, skus, categories, bins, owners)


def _existing(wanted: set[str], owners: Mapping[str, str]) -> tuple[frozenset[str], dict[str, Existing]]:
    """All SKUs, and the items of the wanted ones. Plain values: there may be a hundred thousand of them."""
    codes: dict[str, list[str]] = {}
    for code, sku in owners.items():
        if sku in wanted:
            codes.setdefault(sku, []).append(code)
    skus: set[str] = set()
    found: dict[str, Existing] = {}
    rows = Item.objects.values_list(
        "sku",
        "name",
        "category__code",
        "unit",
        "standard_cost",
        "reorder_point",
        "decimals",
        "putaway_bin__hub__code",
        "putaway_bin__code",
    )
    for sku, name, category, unit, cost, reorder_point, decimals, hub, place in rows:
        key = sku.upper()
        skus.add(key)
        if key in wanted:
            address = (hub, place) if place else None
            barcodes = tuple(codes.get(key, ()))
            found[key] = Existing(sku, name, category, unit, cost, reorder_point, decimals, address, barcodes)
    return frozenset(skus), found


def _as_line(item: Existing, line: Line) -> dict[str, Any]:
    """An existing item as a line of the file would say it: in the file's own case and order where none matters."""
    address = item.address
    written = line.get("putaway_bin")
    if address and written and "/".join(address).upper() == "/".join(written).upper():
        address = written
    codes = item.barcodes
    listed = line.get("barcodes") or ()
    return {
        "sku": item.sku,
        "name": item.name,
        "category_code": files.alike(item.category_code, line.get("category_code")),
        "unit": item.unit,
        "standard_cost": item.standard_cost,
        "reorder_point": item.reorder_point,
        "decimals": item.decimals,
        "putaway_bin": address,
        "barcodes": listed if sorted(listed) == sorted(codes) else codes,
    }


def _judge(line: Line, *, known: Known, errors: LineErrors) -> None:
    """What a new item refers to, and whether its numbers fit each other."""
    category = known.categories.get(line.key("category_code"))
    if category is None and line.key("category_code"):
        errors.add(line.number, "category_code", Reason.UNKNOWN_PARENT, _("There is no such category."))
    elif category is not None and category.is_archived:
        errors.add(line.number, "category_code", Reason.CATEGORY_ARCHIVED, _("This category is archived."))
    if address := line.get("putaway_bin"):
        place = known.bins.get("/".join(address).upper())
        if place is None:
            errors.add(line.number, "putaway_bin", Reason.UNKNOWN_BIN, _("There is no such bin."))
        elif place.is_archived:
            errors.add(line.number, "putaway_bin", Reason.BIN_ARCHIVED, _("This bin is archived."))
    try:
        rules.fitting(line.get("reorder_point"), places=line.get("decimals") or 0)
    except rules.RuleBroken as broken:
        errors.add(line.number, "reorder_point", broken.reason, broken.message)


def _refuse_ambiguous(line: Line, *columns: str, errors: LineErrors) -> None:
    """Numbers that could mean a thousand times as much, in a file that does not show what its points mean."""
    for column in columns:
        try:
            rules.clear(line.get(column))
        except rules.RuleBroken as broken:
            if not errors.has(line.number, column):
                errors.add(line.number, column, broken.reason, broken.message)


def _judge_scan_codes(new: Sequence[Line], *, known: Known, errors: LineErrors) -> None:
    """SKUs and barcodes, of the file and of what exists, together name each item once."""
    taken_skus = known.skus | {line.key("sku") for line in new}
    taken_barcodes = dict(known.barcodes)
    in_upper_case = {code.upper(): owner for code, owner in known.barcodes.items()}
    for line in new:
        own = line.key("sku")
        if in_upper_case.get(own, own) != own:
            errors.add(line.number, "sku", Reason.BARCODE_TAKEN, _("This is the barcode of another item."))
        for code in line.get("barcodes") or ():
            is_sku = code.upper() in taken_skus and code.upper() != own
            if is_sku or taken_barcodes.setdefault(code, own) != own:
                message = _("Another item is read by one of these barcodes.")
                errors.add(line.number, "barcodes", Reason.BARCODE_TAKEN, message)
                break


def _insert(lines: Sequence[Line], known: Known) -> list[Item]:
    created = []
    for line in lines:
        address = line.get("putaway_bin")
        created.append(
            Item(
                sku=line.get("sku"),
                name=line.get("name"),
                category=known.categories[line.key("category_code")],
                unit=line.get("unit"),
                decimals=line.get("decimals") or 0,
                standard_cost=line.get("standard_cost") or Decimal(0),
                reorder_point=line.get("reorder_point"),
                putaway_bin=known.bins["/".join(address).upper()] if address else None,
            )
        )
    Item.objects.bulk_create(created, batch_size=records.BATCH)
    Barcode.objects.bulk_create(
        [
            Barcode(code=code, item=item)
            for item, line in zip(created, lines, strict=True)
            for code in line.get("barcodes") or ()
        ],
        batch_size=records.BATCH,
    )
    return created
