"""Importing items from a CSV file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.csv.columns import Mapped
from asora.kernel.csv.reading import LineErrors, Table
from asora.kernel.refusals import Reason
from asora.kernel.shapes import ReadOnlyValues
from asora.kernel.text import fold_code
from inventory import rules
from inventory.actions import items, records, reorder_points, scan_codes
from inventory.files.actions import file_lines
from inventory.files.actions.file_lines import Imported, Line
from inventory.models import Barcode, Bin, Category, Hub, Item, ReorderPoint, item_fields
from inventory.queries import Found, bins_by_address, by_code, permitted_hubs

REQUIRED = tuple(field.in_file for field in item_fields.ITEM_FIELDS if field.is_needed)
OPTIONAL = (*(field.in_file for field in item_fields.ITEM_FIELDS if not field.is_needed), file_lines.STATE)
RULES: ReadOnlyValues = {field.in_file: field.rule for field in item_fields.ITEM_FIELDS} | {
    file_lines.STATE: rules.archived
}
CATEGORY = item_fields.BY_NAME["category"].in_file
HUB_POINTS = item_fields.BY_NAME["reorder_points"].in_file
#: The present values of an existing item that the file names, by name of the field, as a cell has them.
Existing = ReadOnlyValues


@dataclass(frozen=True, slots=True)
class Known:
    """The records that the lines of a file refer to, read in a fixed number of queries."""

    items: Mapping[str, Existing]  # those named in the file, by key of their SKU
    skus: frozenset[str]  # the keys of all items' SKUs
    categories: Found[Category]
    bins: Found[Bin]
    hubs: Found[Hub]
    barcodes: Mapping[str, str]  # key of a barcode to the key of its item's SKU


@action(
    "inventory.item.import",
    permission=items.MANAGE,
    ceiling="items",
    constraint_refusals=scan_codes.CONSTRAINT_REFUSALS,
    derive=file_lines.reader(required=REQUIRED, optional=OPTIONAL),
    done=gettext_lazy("imported items"),
    tried=gettext_lazy("tried to import items"),
)
def import_items(
    act: Act, *, content: bytes, mapping: Mapped | None = None, derived: Table = BY_DERIVE
) -> Imported:
    """Add the items of a CSV file with the columns of `inventory.models.item_fields`, and state.

    Revisions take positions in the order of the file.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED (a put-away bin, a reorder point); VALIDATION_FAILED, with the rule of
    each refused line: DUPLICATE_ROW, ROW_DIFFERS, UNKNOWN_PARENT, CATEGORY_ARCHIVED, UNKNOWN_BIN, BIN_ARCHIVED,
    UNKNOWN_HUB, HUB_ARCHIVED, BARCODE_TAKEN, COST_NEGATIVE, QUANTITY_TOO_PRECISE, …; PLAN_LIMIT_EXCEEDED.
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
            _compare(line, item, errors=errors)
        else:
            _check(line, known=known, errors=errors)
            if not is_point_proved:
                _refuse_ambiguous(line, "standard_cost", "reorder_point", errors=errors)
            new.append(line)
    _check_scan_codes(new, known=known, errors=errors)
    if errors:
        raise errors.refusal(total=len(derived.rows))
    act.adds(len(new))
    created = _insert(new, known)
    act.touched(
        *keys.many("item", [item.pk for item in created]),
        *keys.many("category", {item.category_id for item in created}),
    )
    imported = file_lines.record(act, derived, lines, new=new, key=("sku",))
    if created:
        reorder_points.revise(act, created, points=_insert_reorder_points(created, new, known))
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
    points = [point for line in lines for point in line.get(HUB_POINTS) or ()]
    named = {hub for hub, _place in (*addresses, *points)}
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
    skus, existing = _existing(act, {line.key("sku") for line in lines}, written)
    return Known(existing, skus, categories, bins, hubs, owners)


def _existing(
    act: Act, wanted: set[str], barcodes: Mapping[str, Sequence[str]]
) -> tuple[frozenset[str], dict[str, Existing]]:
    """All SKUs, and the items of the wanted ones. Plain values, because there may be a hundred thousand.

    Put-away bins and reorder points are limited to those in the actor's own download of the list.
    """
    skus: set[str] = set()
    found: dict[str, Existing] = {}
    points = _points_of_items(act)
    sources = [source for field in item_fields.OWN for source in field.sources]
    rows = Item.objects.annotate(
        archived=Q(archived_at__isnull=False),
        has_closed_bin=Q(putaway_bin__archived_at__isnull=False),
        has_hidden_bin=Q(putaway_bin__isnull=False) & ~Q(putaway_bin__hub__in=permitted_hubs(act.actor)),
    ).values_list("sku_key", "archived", "has_closed_bin", "has_hidden_bin", *sources)
    for key, archived, has_closed_bin, has_hidden_bin, *values in rows:
        skus.add(key)
        if key not in wanted:
            continue
        left = iter(values)
        item = {field.name: field.compared(*islice(left, len(field.sources))) for field in item_fields.OWN}
        found[key] = item | {
            "barcodes": barcodes.get(key, ()),
            "reorder_points": points.get(key, ()),
            "has_closed_bin": has_closed_bin,
            "has_hidden_bin": has_hidden_bin,
            file_lines.STATE: archived,
        }
    return frozenset(skus), found


def _points_of_items(act: Act) -> Mapping[str, Sequence[tuple[str, Decimal]]]:
    """The reorder points of live hubs at which this actor works, by key of the item's SKU."""
    points: dict[str, list[tuple[str, Decimal]]] = {}
    rows = ReorderPoint.objects.filter(hub__in=permitted_hubs(act.actor), hub__archived_at=None)
    for key, hub, quantity in rows.values_list("item__sku_key", "hub__code", "quantity"):
        points.setdefault(key, []).append((hub, quantity))
    return points


def _compare(line: Line, item: Existing, *, errors: LineErrors) -> None:
    """ROW_DIFFERS where an item that exists is not as its line says; only columns that the file has are compared."""
    for field in item_fields.ITEM_FIELDS:
        stored = item[field.name]
        if field.name == "putaway_bin" and line.get(field.in_file) is None:
            # The list leaves these out: an archived bin takes nothing in, the bins of other hubs are not shown.
            stored = None if item["has_closed_bin"] or item["has_hidden_bin"] else stored
        if field.in_file in line.values and not field.is_same(line.values[field.in_file], stored):
            file_lines.add_difference(line, field.in_file, errors=errors)
    file_lines.differs(line, {file_lines.STATE: item[file_lines.STATE]}, errors=errors)


def _check(line: Line, *, known: Known, errors: LineErrors) -> None:
    """Check the records that a new item refers to, and the decimal places of its reorder points."""
    category = known.categories.get(line.written("category_code"))
    if category is None and line.key("category_code"):
        message = _("No category has this code.")
        file_lines.misses(
            line, "category_code", known.categories, message, reason=Reason.UNKNOWN_PARENT, errors=errors
        )
    elif category is not None and category.is_archived and not line.get(file_lines.STATE):
        errors.add(line.number, "category_code", Reason.CATEGORY_ARCHIVED, _("This category is archived."))
    if address := line.get("putaway_bin"):
        place = known.bins.get("/".join(address))
        if place is None:
            fault = known.bins.missing("/".join(address), Reason.UNKNOWN_BIN, _("No bin has this address."))
            errors.add(line.number, "putaway_bin", *fault)
        elif place.is_archived:
            errors.add(line.number, "putaway_bin", Reason.BIN_ARCHIVED, _("This bin is archived."))
    _check_hub_points(line, known=known, errors=errors)
    try:
        rules.fitting(line.get("reorder_point"), places=line.get("decimals") or 0)
    except rules.RuleBroken as broken:
        errors.add(line.number, "reorder_point", broken.reason, broken.message)


def _check_hub_points(line: Line, *, known: Known, errors: LineErrors) -> None:
    for code, quantity in line.get(HUB_POINTS) or ():
        hub = known.hubs.get(code)
        if hub is None:
            fault = known.hubs.missing(code, Reason.UNKNOWN_HUB, _("No hub has this code."))
            errors.add(line.number, HUB_POINTS, *fault)
        elif hub.is_archived:
            errors.add(line.number, HUB_POINTS, Reason.HUB_ARCHIVED, _("This hub is archived."))
        try:
            rules.clear(rules.fitting(quantity, places=line.get("decimals") or 0))
        except rules.RuleBroken as broken:
            errors.add(line.number, HUB_POINTS, broken.reason, broken.message)


def _refuse_ambiguous(line: Line, *columns: str, errors: LineErrors) -> None:
    """Refuse numbers that could mean a thousand times as much, if the file does not prove what its points mean."""
    for column in columns:
        try:
            rules.clear(line.get(column))
        except rules.RuleBroken as broken:
            if not errors.has(line.number, column):
                errors.add(line.number, column, broken.reason, broken.message)


def _check_scan_codes(new: Sequence[Line], *, known: Known, errors: LineErrors) -> None:
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
                **{field.name: line.values.get(field.in_file, field.default) for field in item_fields.PLAIN},
                category=known.categories.get(line.written(CATEGORY)),
                putaway_bin=known.bins.get("/".join(address)) if address else None,
                archived_at=file_lines.archived_at(line),
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


def _insert_reorder_points(
    created: Sequence[Item], lines: Sequence[Line], known: Known
) -> dict[Item, reorder_points.Points]:
    """Insert the reorder points of hubs; returns all that are in force: of archived items none are."""
    rows = [
        ReorderPoint(item=item, hub=known.hubs.get(code), quantity=quantity)
        for item, line in zip(created, lines, strict=True)
        for code, quantity in line.get(HUB_POINTS) or ()
    ]
    ReorderPoint.objects.bulk_create(rows, batch_size=records.BATCH)
    points: dict[Item, list[tuple[Hub | None, Decimal | None]]] = {
        item: [(None, item.reorder_point)] for item in created if item.reorder_point is not None
    }
    for row in rows:
        points.setdefault(row.item, []).append((row.hub, row.quantity))
    return {item: found for item, found in points.items() if not item.is_archived}
