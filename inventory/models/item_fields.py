"""Every field of an item, described once.

The form, the columns of an item's file, the import, the differences that a second import finds, the history of changes
and the download of the list are made of this table. A new field of plain text or figures needs its column in the
models, a migration and an entry here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypedDict

from django.utils.translation import gettext_lazy as _

from asora.kernel.shapes import StrOrPromise
from asora.kernel.text import fold_code
from inventory import rules
from inventory.models import Bin, Category, Hub, Item, ReorderPoint


class OptionalItemFields(TypedDict, total=False):
    """What a new item may have. `reorder_points`: hub to its quantity, None to take it away; others stay."""

    decimals: int
    standard_cost: Decimal
    putaway_bin: Bin | None
    reorder_point: Decimal | None
    barcodes: Sequence[str]
    reorder_points: Mapping[Hub, Decimal | None]


class ItemFields(OptionalItemFields, total=False):
    """What of an item can change: all but its SKU."""

    name: str
    category: Category
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemField:
    """One field of an item.

    `name`: what the model, the form, the action and the events call it. `column`: what files call it.
    `rule`: a cell or a typed text to its value; breaks with `RuleBroken`. `is_needed`: whether a file must have the
    column. `default`: the value of a new item without it.

    `is_plain`: the rule's value is what the item's own column has. The values of other fields refer to other records
    (`lookups`), or are in other tables (none); forms, actions and the import know these by name.

    `read`: its value from an item, for events and downloads. `lookups`: the columns from which the import reads many
    existing items, and `compared` what their values are as a cell would say them. `is_same`: whether a cell says the
    same as an item that exists.

    `is_listed`: the item's page lists it with its label, because it has no other place there. `is_wide`: it takes a
    whole row of the form. `has_value`: it is an amount of money, which only people who may see
    values download. `is_recorded`: an event may have what was typed in it.
    """

    name: str
    label: StrOrPromise
    meaning: Any
    rule: Callable[[Any], Any]
    column: str = ""
    help: StrOrPromise = ""
    is_wide: bool = False
    is_listed: bool = True
    max_length: int = 40
    other_names: tuple[str, ...] = ()
    is_needed: bool = False
    is_fixed: bool = False
    is_plain: bool = True
    default: Any = None
    lookups: tuple[str, ...] = ()
    compared: Callable[..., Any] = lambda value: value
    is_same: Callable[[Any, Any], bool] = operator.eq
    read: Callable[[Item], Any] | None = None
    has_value: bool = False
    is_recorded: bool = True

    @property
    def in_file(self) -> str:
        """The column's name in files."""
        return self.column or self.name

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns that the import reads it from."""
        return (self.name,) if self.is_plain else self.lookups

    def of(self, item: Item) -> object:
        """Its value, as events and downloads say it."""
        return self.read(item) if self.read else getattr(item, self.name)


def _optional(rule: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: rule(text) if text.strip() else None


def _is_same_code(one: str | None, other: str | None) -> bool:
    return fold_code(one or "") == fold_code(other or "")


def _is_same_address(one: tuple[str, str] | None, other: tuple[str, str] | None) -> bool:
    return _is_same_code("/".join(one or ()), "/".join(other or ()))


def _are_same_codes(some: Sequence[str], others: Sequence[str]) -> bool:
    return {*map(fold_code, some)} == {*map(fold_code, others)}


def _are_same_points(some: Sequence[tuple[str, Decimal]], others: Sequence[tuple[str, Decimal]]) -> bool:
    by_hub = [{fold_code(hub): quantity for hub, quantity in points} for points in (some, others)]
    return by_hub[0] == by_hub[1]


def in_one_cell(points: Iterable[ReorderPoint]) -> str:
    """The reorder points of hubs as a cell has them: `HUB=QUANTITY`, by hub."""
    texts = {point.hub.code: f"{point.quantity:f}" for point in points}
    return " ".join(f"{hub}={texts[hub]}" for hub in sorted(texts))


ITEM_FIELDS: tuple[ItemField, ...] = (
    ItemField(
        name="sku",
        is_listed=False,
        label=_("SKU"),
        meaning=_("Cannot be changed later. Use letters, digits and . _ - & +"),
        rule=rules.sku,
        max_length=rules.SKU_LENGTH,
        is_needed=True,
        is_fixed=True,
        is_same=_is_same_code,
    ),
    ItemField(
        name="name",
        is_listed=False,
        label=_("Name"),
        meaning=_("The name that people see."),
        rule=rules.name,
        max_length=rules.NAME_LENGTH,
        is_needed=True,
        is_recorded=False,
    ),
    ItemField(
        name="category",
        is_listed=False,
        column="category_code",
        label=_("Category"),
        meaning=_("Code of the item's category."),
        rule=rules.address_part,
        is_needed=True,
        is_plain=False,
        lookups=("category__code",),
        is_same=_is_same_code,
        read=lambda item: item.category.code,
    ),
    ItemField(
        name="unit",
        is_listed=False,
        label=_("Unit"),
        help=_("For example EA, kg or m. Cannot be changed after the first ledger entry."),
        meaning=_("Unit of its quantities, for example EA, kg or m."),
        rule=rules.unit,
        max_length=rules.UNIT_LENGTH,
        is_needed=True,
    ),
    ItemField(
        name="standard_cost",
        is_listed=False,
        label=_("Standard cost"),
        help=_("Cost per unit. Used until the first delivery sets a price."),
        meaning=_("Cost per unit, up to 6 decimal places. Empty means 0."),
        rule=rules.standard_cost,
        is_needed=True,
        default=Decimal(0),
        has_value=True,
    ),
    ItemField(
        name="reorder_point",
        is_listed=False,
        label=_("Reorder point"),
        help=_("Applies to every hub without its own reorder point."),
        meaning=_("The quantity at which the item is reordered, or empty."),
        rule=rules.reorder_point,
        is_needed=True,
    ),
    ItemField(
        name="decimals",
        is_listed=False,
        label=_("Decimal places"),
        help=_("Decimal places of its quantities. Cannot be changed after the first ledger entry."),
        meaning=_("Decimal places of its quantities, 0 to 4. Default: 0."),
        rule=lambda text: rules.decimals(text or 0),
        default=0,
    ),
    ItemField(
        name="putaway_bin",
        is_listed=False,
        label=_("Put-away bin"),
        help=_("Where deliveries of this item usually go. Enter hub and bin with a slash between them."),
        meaning=_("Hub and bin with a slash between them."),
        rule=_optional(rules.bin_address),
        max_length=90,
        is_plain=False,
        lookups=("putaway_bin__hub__code", "putaway_bin__code"),
        compared=lambda hub, place: (hub, place) if place else None,
        is_same=_is_same_address,
        read=lambda item: item.putaway_bin.address if item.putaway_bin else None,
    ),
    ItemField(
        name="barcodes",
        is_listed=False,
        label=_("Barcodes"),
        is_wide=True,
        help=_("Other codes that scanners read for this item. Separate them with spaces or line breaks."),
        meaning=_("One or more barcodes, separated by spaces."),
        rule=rules.barcodes,
        max_length=4000,
        is_plain=False,
        default=(),
        is_same=_are_same_codes,
        read=lambda item: " ".join(sorted(barcode.code for barcode in item.barcodes.all())),
    ),
    ItemField(
        name="reorder_points",
        is_listed=False,
        column="hub_reorder_points",
        label=_("Reorder points of single hubs"),
        meaning=_("Reorder points of single hubs, for example MAIN=40 EAST=12."),
        rule=rules.hub_reorder_points,
        is_plain=False,
        default=(),
        is_same=_are_same_points,
        read=lambda item: in_one_cell(item.hub_reorder_points.all()),
    ),
)
BY_NAME: Mapping[str, ItemField] = {field.name: field for field in ITEM_FIELDS}
PLAIN: tuple[ItemField, ...] = tuple(field for field in ITEM_FIELDS if field.is_plain)
#: Fields in the item's own row: what events say of an item, with barcodes and reorder points beside them.
OWN: tuple[ItemField, ...] = tuple(field for field in ITEM_FIELDS if field.sources)
#: The sections of the form, each with its fields; the reorder points of hubs have one of their own.
SECTIONS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_("What it is"), ("sku", "name", "category", "barcodes")),
    (_("How it is counted"), ("unit", "decimals", "standard_cost")),
    (_("Put-away and reordering"), ("putaway_bin", "reorder_point")),
)
