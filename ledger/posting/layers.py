"""FIFO's cost layers: which ones a batch needs, and how its changes to them are written.

Layers are derived: each is what an entry brought in, less the uses by later entries, so they can be rebuilt. The lock
of a hub's balance also locks its layers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection

from asora.kernel.shapes import Values
from ledger.posting.costing import Book, ItemHub, Layer, LayerKey
from ledger.posting.drafts import Draft
from ledger.posting.journal import PROVISIONAL, JournalEntry
from ledger.posting.master_data import MasterData

COLUMNS = "position, line, number, unit_cost, quantity, value, quantity_left, value_left"
READ_NEXT = f"""
SELECT {COLUMNS} FROM ledger_costlayer
WHERE item_id = %s AND hub_id = %s AND quantity_left > 0 AND (position, line, number) > (%s, %s, %s)
ORDER BY position, line, number LIMIT %s
"""  # noqa: S608 - our own column names
READ_NAMED = f"""
SELECT item_id, hub_id, {COLUMNS} FROM ledger_costlayer
WHERE (position, line, number) IN (SELECT * FROM unnest(%s::bigint[], %s::int[], %s::int[]))
"""  # noqa: S608 - our own column names
CHUNK = 100

# Half to even, as `ledger.posting.rules.rounded` does: PostgreSQL's own round() takes halves away from zero.
CARRIED_COST = """
(div(carried.value * 1000000, carried.quantity)
 + CASE sign(2 * mod(carried.value * 1000000, carried.quantity) - carried.quantity)
   WHEN 1 THEN 1 WHEN 0 THEN mod(div(carried.value * 1000000, carried.quantity), 2) ELSE 0 END) * 0.000001
"""
# Every layer as it follows from entries and uses alone: stock that came in at a cost is a layer, and each layer that a
# transfer consumed is a new layer where it arrived. No rows in a tenant that does not use FIFO.
REPLAYED = f"""
WITH made AS (
    SELECT item_id, hub_id, position, line, 1 AS number, unit_cost, quantity, value FROM ledger_entry
    WHERE quantity > 0 AND kind <> 'transfer' AND NOT is_reversal
    UNION ALL
    SELECT entry.item_id, entry.hub_id, entry.position, entry.line, carried.number,
           {CARRIED_COST}, carried.quantity, carried.value
    FROM ledger_entry entry
    JOIN ledger_layeruse carried ON (carried.entry_position, carried.entry_line) = (entry.position, entry.line - 1)
    WHERE entry.quantity > 0 AND entry.kind = 'transfer' AND NOT entry.is_reversal
), used AS (
    SELECT layer_position, layer_line, layer_number, sum(quantity) AS quantity, sum(value) AS value
    FROM ledger_layeruse GROUP BY 1, 2, 3
)
SELECT made.*, made.quantity - coalesce(used.quantity, 0) AS quantity_left,
       made.value - coalesce(used.value, 0) AS value_left
FROM made
LEFT JOIN used ON (layer_position, layer_line, layer_number) = (made.position, made.line, made.number)
WHERE EXISTS (SELECT FROM public.plans_tenant WHERE schema_name = current_schema() AND costing = 'fifo')
"""  # noqa: S608 - our own expression

STATEMENTS = [
    """
INSERT INTO ledger_costlayer
    (item_id, hub_id, position, line, number, unit_cost, quantity, value, quantity_left, value_left)
SELECT * FROM unnest(%(layer_item)s::bigint[], %(layer_hub)s::bigint[], %(layer_position)s::bigint[],
                     %(layer_line)s::int[], %(layer_number)s::int[], %(layer_unit_cost)s::numeric[],
                     %(layer_quantity)s::numeric[], %(layer_value)s::numeric[],
                     %(layer_quantity_left)s::numeric[], %(layer_value_left)s::numeric[])
ON CONFLICT (position, line, number) DO UPDATE
SET quantity_left = excluded.quantity_left, value_left = excluded.value_left
""",
    """
INSERT INTO ledger_layeruse
    (entry_position, entry_line, number, layer_position, layer_line, layer_number, quantity, value)
SELECT * FROM unnest(%(use_entry_position)s::bigint[], %(use_entry_line)s::int[], %(use_number)s::int[],
                     %(use_position)s::bigint[], %(use_line)s::int[], %(use_layer_number)s::int[],
                     %(use_quantity)s::numeric[], %(use_value)s::numeric[])
""",
]


def needed(drafts: Sequence[Draft], master_data: MasterData) -> dict[ItemHub, list[Layer]]:
    """The layers that a batch may change: the oldest that cover what leaves each hub, and those of reversals."""
    leaving: dict[ItemHub, Decimal] = {}
    named: set[LayerKey] = set()
    for draft in drafts:
        for line in draft.lines:
            if line.mirrors is not None:
                named |= {*line.mirrors.made, *(use.layer for use in line.mirrors.used)}
            elif draft.takes(line):
                key = line.item_id, master_data.bins[line.bin_id].hub_id
                leaving[key] = leaving.get(key, Decimal(0)) + abs(line.quantity)
    found = {key: {layer.key: layer for layer in _oldest(key, quantity)} for key, quantity in leaving.items()}
    for key, layer in _named(named):
        found.setdefault(key, {}).setdefault(layer.key, layer)
    return {key: list(layers.values()) for key, layers in found.items()}


def _oldest(key: ItemHub, quantity: Decimal) -> Iterable[Layer]:
    """Layers in order of age until they cover `quantity`, read in pieces: a hub may have a great many."""
    after: LayerKey = (0, 0, 0)
    while quantity > 0:
        with connection.cursor() as cursor:
            cursor.execute(READ_NEXT, [*key, *after, CHUNK])
            rows = cursor.fetchall()
        for row in rows:
            layer = _layer(row)
            yield layer
            quantity -= layer.quantity_left
            if quantity <= 0:
                # Layers that are not used need not be written.
                return
            after = layer.key
        if len(rows) < CHUNK:
            return


def _named(keys: Iterable[LayerKey]) -> Iterable[tuple[ItemHub, Layer]]:
    wanted = sorted(keys)
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(READ_NAMED, [list(column) for column in zip(*wanted, strict=True)])
        for item, hub, *row in cursor.fetchall():
            yield (item, hub), _layer(row)


def _layer(row: Sequence[Any]) -> Layer:
    position, line, number, unit_cost, quantity, value, quantity_left, value_left = row
    return Layer((position, line, number), unit_cost, quantity, value, quantity_left, value_left)


def columns(entries: Sequence[JournalEntry], book: Book, *, first_position: int) -> Values:
    """The values of `STATEMENTS`. `first_position`: added to a provisional position, it gives the real one."""

    def real(key: LayerKey) -> LayerKey:
        return (key[0] + first_position, *key[1:]) if key[0] >= PROVISIONAL else key

    touched = [(key, layer) for key, layers in book.layers.items() for layer in layers]
    uses = [(entry, number, use) for entry in entries for number, use in enumerate(entry.moved.uses, start=1)]
    return {
        "layer_item": [key[0] for key, _ in touched],
        "layer_hub": [key[1] for key, _ in touched],
        "layer_position": [real(layer.key)[0] for _, layer in touched],
        "layer_line": [layer.key[1] for _, layer in touched],
        "layer_number": [layer.key[2] for _, layer in touched],
        "layer_unit_cost": [layer.unit_cost for _, layer in touched],
        "layer_quantity": [layer.quantity for _, layer in touched],
        "layer_value": [layer.value for _, layer in touched],
        "layer_quantity_left": [layer.quantity_left for _, layer in touched],
        "layer_value_left": [layer.value_left for _, layer in touched],
        "use_entry_position": [PROVISIONAL + first_position + entry.order for entry, _, _ in uses],
        "use_entry_line": [entry.line for entry, _, _ in uses],
        "use_number": [number for _, number, _ in uses],
        "use_position": [real(use.layer)[0] for _, _, use in uses],
        "use_line": [use.layer[1] for _, _, use in uses],
        "use_layer_number": [use.layer[2] for _, _, use in uses],
        "use_quantity": [use.quantity for _, _, use in uses],
        "use_value": [use.value for _, _, use in uses],
    }
