"""How the derived tables are rebuilt from the entries alone: if the two differ, the ledger is right.

The last line of a bin or hub already has its balance, but a rebuild trusts no derived figure: it adds up all entries.
"""

from __future__ import annotations

from ledger.posting import layers

# Postings lock rows of these tables first, so this waits until they are done, and then makes new ones wait.
LOCK = "LOCK TABLE ledger_hubbalance, ledger_binbalance, ledger_dailymovement, ledger_costlayer IN EXCLUSIVE MODE"

# Correct rows are not written, so that wrong ones can be counted and a proved ledger stays untouched.
BINS = """
MERGE INTO ledger_binbalance balance
USING (
    SELECT item_id, bin_id, coalesce(entries.quantity, 0) AS quantity
    FROM (SELECT item_id, bin_id, sum(quantity) AS quantity FROM ledger_entry GROUP BY 1, 2) entries
    FULL JOIN (SELECT item_id, bin_id FROM ledger_binbalance) kept USING (item_id, bin_id)
) replayed
ON balance.item_id = replayed.item_id AND balance.bin_id = replayed.bin_id
WHEN MATCHED AND balance.quantity <> replayed.quantity THEN UPDATE SET quantity = replayed.quantity
WHEN NOT MATCHED THEN INSERT (item_id, bin_id, quantity)
    VALUES (replayed.item_id, replayed.bin_id, replayed.quantity)
"""
HUBS = """
MERGE INTO ledger_hubbalance balance
USING (
    SELECT item_id, hub_id, coalesce(entries.quantity, 0) AS quantity, coalesce(entries.value, 0) AS value
    FROM (SELECT item_id, hub_id, sum(quantity) AS quantity, sum(value) AS value
          FROM ledger_entry GROUP BY 1, 2) entries
    FULL JOIN (SELECT item_id, hub_id FROM ledger_hubbalance) kept USING (item_id, hub_id)
) replayed
ON balance.item_id = replayed.item_id AND balance.hub_id = replayed.hub_id
WHEN MATCHED AND (balance.quantity, balance.value) IS DISTINCT FROM (replayed.quantity, replayed.value)
    THEN UPDATE SET quantity = replayed.quantity, value = replayed.value
WHEN NOT MATCHED THEN INSERT (item_id, hub_id, quantity, value)
    VALUES (replayed.item_id, replayed.hub_id, replayed.quantity, replayed.value)
"""
MOVEMENTS = """
MERGE INTO ledger_dailymovement moved
USING (
    SELECT effective_on, item_id, hub_id, kind, coalesce(entries.up, 0) AS up, coalesce(entries.down, 0) AS down,
           coalesce(entries.value_up, 0) AS value_up, coalesce(entries.value_down, 0) AS value_down
    FROM (SELECT posting.effective_on, entry.item_id, entry.hub_id, entry.kind,
                 sum(greatest(entry.quantity, 0)) AS up, sum(greatest(-entry.quantity, 0)) AS down,
                 sum(greatest(entry.value, 0)) AS value_up, sum(greatest(-entry.value, 0)) AS value_down
          FROM ledger_entry entry JOIN ledger_posting posting USING (position)
          GROUP BY 1, 2, 3, 4) entries
    FULL JOIN (SELECT effective_on, item_id, hub_id, kind FROM ledger_dailymovement) kept
         USING (effective_on, item_id, hub_id, kind)
) replayed
ON (moved.effective_on, moved.item_id, moved.hub_id, moved.kind)
   = (replayed.effective_on, replayed.item_id, replayed.hub_id, replayed.kind)
WHEN MATCHED AND (moved.quantity_up, moved.quantity_down, moved.value_up, moved.value_down)
     IS DISTINCT FROM (replayed.up, replayed.down, replayed.value_up, replayed.value_down)
    THEN UPDATE SET quantity_up = replayed.up, quantity_down = replayed.down,
                    value_up = replayed.value_up, value_down = replayed.value_down
WHEN NOT MATCHED THEN INSERT
    (effective_on, item_id, hub_id, kind, quantity_up, quantity_down, value_up, value_down)
    VALUES (replayed.effective_on, replayed.item_id, replayed.hub_id, replayed.kind,
            replayed.up, replayed.down, replayed.value_up, replayed.value_down)
"""
STRAY_LAYERS = f"""
DELETE FROM ledger_costlayer layer
WHERE NOT EXISTS (
    SELECT FROM ({layers.REPLAYED}) replayed
    WHERE (replayed.position, replayed.line, replayed.number) = (layer.position, layer.line, layer.number)
)
"""  # noqa: S608 - our own statement
LAYERS = f"""
MERGE INTO ledger_costlayer layer
USING ({layers.REPLAYED}) replayed
ON (layer.position, layer.line, layer.number) = (replayed.position, replayed.line, replayed.number)
WHEN MATCHED AND (layer.item_id, layer.hub_id, layer.unit_cost, layer.quantity, layer.value,
                  layer.quantity_left, layer.value_left)
     IS DISTINCT FROM (replayed.item_id, replayed.hub_id, replayed.unit_cost, replayed.quantity, replayed.value,
                       replayed.quantity_left, replayed.value_left)
    THEN UPDATE SET item_id = replayed.item_id, hub_id = replayed.hub_id, unit_cost = replayed.unit_cost,
                    quantity = replayed.quantity, value = replayed.value,
                    quantity_left = replayed.quantity_left, value_left = replayed.value_left
WHEN NOT MATCHED THEN INSERT
    (item_id, hub_id, position, line, number, unit_cost, quantity, value, quantity_left, value_left)
    VALUES (replayed.item_id, replayed.hub_id, replayed.position, replayed.line, replayed.number,
            replayed.unit_cost, replayed.quantity, replayed.value, replayed.quantity_left, replayed.value_left)
"""  # noqa: S608 - our own statement

#: The tables to rebuild, in the order in which posting locks them.
STATEMENTS: tuple[tuple[str, str], ...] = (
    ("hub_balances", HUBS),
    ("bin_balances", BINS),
    ("daily_movements", MOVEMENTS),
    ("stray_layers", STRAY_LAYERS),
    ("cost_layers", LAYERS),
)
