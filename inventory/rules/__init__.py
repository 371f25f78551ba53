"""The rules for the values of master data: pure functions, no database, no clock.

Each takes the typed text (or a parsed value) and returns the value to store, or raises `RuleBroken`. Forms, imports
and direct calls of actions use the same rules. Messages never repeat the value.
"""

from inventory.rules.broken import RuleBroken
from inventory.rules.codes import (
    CODE_LENGTH,
    DOT_SEGMENTS,
    SKU_LENGTH,
    address_part,
    barcodes,
    bin_address,
    bin_code,
    code,
    looped,
    sku,
)
from inventory.rules.figures import clear, decimals, fitting, hub_reorder_points, reorder_point, standard_cost
from inventory.rules.texts import NAME_LENGTH, UNIT_LENGTH, archived, bin_name, eligible, name, unit

__all__ = [
    "CODE_LENGTH",
    "DOT_SEGMENTS",
    "NAME_LENGTH",
    "SKU_LENGTH",
    "UNIT_LENGTH",
    "RuleBroken",
    "address_part",
    "archived",
    "barcodes",
    "bin_address",
    "bin_code",
    "bin_name",
    "clear",
    "code",
    "decimals",
    "eligible",
    "fitting",
    "hub_reorder_points",
    "looped",
    "name",
    "reorder_point",
    "sku",
    "standard_cost",
    "unit",
]
