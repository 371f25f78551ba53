"""Importing items from a CSV file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.csv.columns import Mapped
from asora.kernel.csv.reading import LineErrors, Table
from asora.kernel.door import BY_DERIVE, action
from asora.kernel.refusals import Reason
from asora.kernel.text import fold_code
from inventory import rules
from inventory.actions import items, records, scan_codes
from inventory.files.actions import file_lines
from inventory.files.actions.file_lines import Imported, Line
from inventory.models import Barcode, Bin, Category, Hub, Item
from inventory.queries import Found, bins_by_address, by_code

REQUIRED = ("sku", "name", "category_code", "unit", "standard_cost", "reorder_point")
OPTIONAL = ("decimals", "putaway_bin", "barcodes")
RULES: Mapping[str, Any] = {
    "sku": rules.sku,
    "name": rules.name,
    "category_code": rules.address_part,
    "unit": rules.unit,
    "standard_cost": rules.standard_cost,
    "reorder_point": rules.reorder_point,
    "decimals": lambda text: rules.decimals(text or 0),
    "putaway_bin": file_lines.optional(rules.bin_address),
    "barcodes": rules.barcodes,
}


@dataclass(frozen=True, slots=True)
class Existing:
    """The present values of an existing item that the file names."""

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
    """The records that the lines of a file refer to, read in a fixed number of queries."""

    items: Mapping[str, Existing]  # those named in the file, by key of their SKU
    skus: frozenset[str]  # the keys of all items' SKUs
    categories: Found[Category]
    bins: Found[Bin]
    barcodes: Mapping[str, str]  # key of a barcode to the key of its item's SKU


@action(
    "inventory.item.import",
    permission=items.MANAGE,
    ceiling="items",
    nets=scan_codes.NETS,
    derive=file_lines.reader(required=REQUIRED, optional=OPTIONAL),
)
def import_items(
    act: Act, *, content: bytes, mapping: Mapped | None = None, derived: Table = BY_DERIVE
) -> Imported:
    """Add the items of a CSV file: sku, name, category_code, unit, standard_cost, reorder_point; optional decimals,
    putaway_bin (HUB/BIN) and barcodes (separated by spaces). Revisions take positions in the order of the file.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED (a put-away bin); VALIDATION_FAILED, with the rule of each refused
    line: DUPLICATE_ROW, ROW_DIFFERS, UNKNOWN_PARENT, CATEGORY_ARCHIVED, UNKNOWN_BIN, BIN_ARCHIVED, BARCODE_TAKEN,
    COST_NEGATIVE, QUANTITY_TOO_PRECISE, …; PLAN_LIMIT_EXCEEDED.
    """
    errors = LineErrors()
    lines = file_lines.ruled(derived, RULES, errors=errors)
    is_point_proved = derived.proves_point("standard_cost", "reorder_point")
    known = _known(act, lines)
    _say_what_is_read(act, lines, known)
    file_lines.refuse_twice(lines, "sku", errors=errors)
    new: list[Line] = []
    for line in lines:
        if item := known.items.get(line.key("sku")):
            file_lines.differs(line, _as_line(item, line), errors=errors)
        else:
            _judge(line, known=known, errors=errors)
            if not is_point_proved:
                _refuse_ambiguous(line, "standard_cost", "reorder_point", errors=errors)
            new.append(line)
    _judge_scan_codes(new, known=known, errors=errors)
    if errors:
        raise errors.refusal(total=len(derived.rows))
    created = _insert(new, known)
    act.touched(
        *keys.many("item", [item.pk for item in created]),
        *keys.many("category", {item.category_id for item in created}),
    )
    imported = file_lines.record(act, derived, lines, new=new, key=("sku",))
    if created:
        points = {item: item.reorder_point for item in created if item.reorder_point is not None}
        items.revise(act, created, points={item: [(None, point)] for item, point in points.items()})
    return imported


def _say_what_is_read(act: Act, lines: Sequence[Line], known: Known) -> None:
    categories = {known.categories.get(line.written("category_code")) for line in lines}
    addresses = {"/".join(line.values["putaway_bin"]) for line in lines if line.get("putaway_bin")}
    bins = {place.pk: place.hub_id for place in map(known.bins.get, addresses) if place}
    act.reads(
        *keys.many("category", sorted(node.pk for node in categories if node)),
        *keys.bins(sorted(bins), bins),
    )


def _known(act: Act, lines: Sequence[Line]) -> Known:
    addresses = [line.values["putaway_bin"] for line in lines if line.get("putaway_bin")]
    # Check the hubs before the bins: no answer may reveal which bins exist in a hub that is not granted.
    named = {hub for hub, _place in addresses}
    hubs = by_code(Hub.objects.all(), named)
    records.require_hubs(act, filter(None, map(hubs.get, named)))
    locked = Bin.objects.select_for_update(of=("self",)).order_by("pk")
    bins = bins_by_address(("/".join(address) for address in addresses), rows=locked)
    # Lock the whole tree, as `categories.edit_category` does.
    tree = Category.objects.select_for_update().order_by("pk")
    categories = Found((node.code_key, node.code, node) for node in tree)
    scan_codes.lock(act)
    owners: dict[str, str] = {}
    written: dict[str, list[str]] = {}
    for key, code, sku in Barcode.objects.order_by("code").values_list("key", "code", "item__sku_key"):
        owners[key] = sku
        written.setdefault(sku, []).append(code)
    skus, existing = _existing({line.key("sku") for line in lines}, written)
    return Known(existing, skus, categories, bins, owners)


def _existing(
    wanted: set[str], barcodes: Mapping[str, Sequence[str]]
) -> tuple[frozenset[str], dict[str, Existing]]:
    """All SKUs, and the items of the wanted ones. Plain values, because there may be a hundred thousand."""
    skus: set[str] = set()
    found: dict[str, Existing] = {}
    rows = Item.objects.values_list(
        "sku_key",
        "name",
        "category__code",
        "unit",
        "standard_cost",
        "reorder_point",
        "decimals",
        "putaway_bin__hub__code",
        "putaway_bin__code",
    )
    for key, name, category, unit, cost, reorder_point, decimals, hub, place in rows:
        skus.add(key)
        if key in wanted:
            address = (hub, place) if place else None
            codes = tuple(barcodes.get(key, ()))
            found[key] = Existing(name, category, unit, cost, reorder_point, decimals, address, codes)
    return frozenset(skus), found


def _as_line(item: Existing, line: Line) -> dict[str, Any]:
    """An existing item as the columns of the file: in the file's own case and order where those do not matter."""
    address = item.address
    written = line.get("putaway_bin")
    if address and written and fold_code("/".join(address)) == fold_code("/".join(written)):
        address = written
    codes = item.barcodes
    listed = line.get("barcodes") or ()
    return {
        "name": item.name,
        "category_code": file_lines.alike(item.category_code, line.get("category_code")),
        "unit": item.unit,
        "standard_cost": item.standard_cost,
        "reorder_point": item.reorder_point,
        "decimals": item.decimals,
        "putaway_bin": address,
        "barcodes": listed if {*map(fold_code, listed)} == {*map(fold_code, codes)} else codes,
    }


def _judge(line: Line, *, known: Known, errors: LineErrors) -> None:
    """Check the records that a new item refers to, and the decimal places of its reorder point."""
    category = known.categories.get(line.written("category_code"))
    if category is None and line.key("category_code"):
        message = _("No category has this code.")
        file_lines.misses(
            line, "category_code", known.categories, message, reason=Reason.UNKNOWN_PARENT, errors=errors
        )
    elif category is not None and category.is_archived:
        errors.add(line.number, "category_code", Reason.CATEGORY_ARCHIVED, _("This category is archived."))
    if address := line.get("putaway_bin"):
        place = known.bins.get("/".join(address))
        if place is None:
            fault = known.bins.missing("/".join(address), Reason.UNKNOWN_BIN, _("No bin has this address."))
            errors.add(line.number, "putaway_bin", *fault)
        elif place.is_archived:
            errors.add(line.number, "putaway_bin", Reason.BIN_ARCHIVED, _("This bin is archived."))
    try:
        rules.fitting(line.get("reorder_point"), places=line.get("decimals") or 0)
    except rules.RuleBroken as broken:
        errors.add(line.number, "reorder_point", broken.reason, broken.message)


def _refuse_ambiguous(line: Line, *columns: str, errors: LineErrors) -> None:
    """Refuse numbers that could mean a thousand times as much, if the file does not prove what its points mean."""
    for column in columns:
        try:
            rules.clear(line.get(column))
        except rules.RuleBroken as broken:
            if not errors.has(line.number, column):
                errors.add(line.number, column, broken.reason, broken.message)


def _judge_scan_codes(new: Sequence[Line], *, known: Known, errors: LineErrors) -> None:
    """Refuse SKUs and barcodes that belong to another item, of the file or already in Asora."""
    taken_skus = known.skus | {line.key("sku") for line in new}
    taken_barcodes = dict(known.barcodes)
    for line in new:
        own = line.key("sku")
        if known.barcodes.get(own, own) != own:
            errors.add(
                line.number,
                "sku",
                Reason.BARCODE_TAKEN,
                _("This code is already the barcode of another item."),
            )
        for code in map(fold_code, line.get("barcodes") or ()):
            is_sku = code in taken_skus and code != own
            if is_sku or taken_barcodes.setdefault(code, own) != own:
                message = _("One of these barcodes already belongs to another item.")
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
                category=known.categories.get(line.written("category_code")),
                unit=line.get("unit"),
                decimals=line.get("decimals") or 0,
                standard_cost=line.get("standard_cost") or Decimal(0),
                reorder_point=line.get("reorder_point"),
                putaway_bin=known.bins.get("/".join(address)) if address else None,
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
