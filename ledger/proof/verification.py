"""The proof of the ledger: derived figures are compared with a replay of every entry, in SQL, set by set.

Each check is one statement that counts the compared rows and those that differ, and names an example. All checks except
that of the exports read one snapshot, so that postings in the meantime make no difference. If the ledger and a derived
figure differ, the ledger is right and the derived figure is rebuilt.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from django.db import connection, transaction

from asora.kernel import binding
from asora.kernel.shapes import Values
from ledger.models import Export
from ledger.posting.layers import REPLAYED
from ledger.proof.names import named
from ledger.proof.trail_checks import TRAIL_CHECKS
from ledger.reports import REPORTS
from ledger.reports.derivation import Derived, derive
from ledger.reports.scope import Scope

RECENT_EXPORTS = 20
SAMPLED_EXPORTS = 10


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check: how many rows it compared, how many of them are wrong, and an example of those."""

    name: str
    says: str
    rows: int
    broken: int
    example: str
    seconds: float

    def as_json(self) -> Values:
        """The result as a `VerificationRun` stores it."""
        return asdict(self)


# name, what it checks, and a SELECT of (what, is it wrong): one row per thing compared.
CHECKS: tuple[tuple[str, str, str], ...] = (
    (
        "bin_running",
        "After each line, the balance of its bin is the previous balance plus the quantity moved",
        """SELECT 'entry ' || position || '.' || line AS what,
                  bin_quantity <> quantity + lag(bin_quantity, 1, 0) OVER bins AS broken
           FROM ledger_entry
           WINDOW bins AS (PARTITION BY item_id, bin_id ORDER BY position, line)""",
    ),
    (
        "hub_running",
        "After each line, the quantity and value of its hub are the previous ones plus what the line moved",
        """SELECT 'entry ' || position || '.' || line AS what,
                  hub_quantity <> quantity + lag(hub_quantity, 1, 0) OVER hubs
                  OR hub_value <> value + lag(hub_value, 1, 0) OVER hubs AS broken
           FROM ledger_entry
           WINDOW hubs AS (PARTITION BY item_id, hub_id ORDER BY position, line)""",
    ),
    (
        "bin_balances",
        "The balance of each bin is the sum of its entries",
        """SELECT 'item ' || item_id || ' in bin ' || bin_id AS what,
                  coalesce(replayed.quantity, 0) IS DISTINCT FROM balance.quantity
                  AND NOT (balance.quantity IS NULL AND replayed.quantity = 0) AS broken
           FROM (SELECT item_id, bin_id, sum(quantity) AS quantity FROM ledger_entry GROUP BY 1, 2) replayed
           FULL JOIN ledger_binbalance balance USING (item_id, bin_id)""",
    ),
    (
        "hub_balances",
        "The balance of each hub is the sum of its entries, in quantity and value",
        """SELECT 'item ' || item_id || ' at hub ' || hub_id AS what,
                  (coalesce(replayed.quantity, 0), coalesce(replayed.value, 0))
                  IS DISTINCT FROM (coalesce(balance.quantity, 0), coalesce(balance.value, 0)) AS broken
           FROM (SELECT item_id, hub_id, sum(quantity) AS quantity, sum(value) AS value
                 FROM ledger_entry GROUP BY 1, 2) replayed
           FULL JOIN ledger_hubbalance balance USING (item_id, hub_id)""",
    ),
    (
        "hubs_are_their_bins",
        "The stock of each hub is the sum of the stock in its bins",
        """SELECT 'item ' || item_id || ' at hub ' || hub_id AS what,
                  coalesce(bins.quantity, 0) <> coalesce(hubs.quantity, 0) AS broken
           FROM (SELECT balance.item_id, bin.hub_id, sum(balance.quantity) AS quantity
                 FROM ledger_binbalance balance JOIN inventory_bin bin ON bin.id = balance.bin_id
                 GROUP BY 1, 2) bins
           FULL JOIN ledger_hubbalance hubs USING (item_id, hub_id)""",
    ),
    (
        "bins_of_hubs",
        "Each line names the hub of its bin and the kind of its document",
        """SELECT 'entry ' || entry.position || '.' || entry.line AS what,
                  bin.hub_id IS DISTINCT FROM entry.hub_id
                  OR entry.is_reversal IS DISTINCT FROM (posting.kind = 'reversal')
                  OR (posting.kind <> 'reversal' AND posting.kind <> entry.kind) AS broken
           FROM ledger_entry entry
           LEFT JOIN inventory_bin bin ON bin.id = entry.bin_id
           LEFT JOIN ledger_posting posting ON posting.position = entry.position""",
    ),
    (
        "lines",
        "Each document has lines, numbered from one without a gap",
        """SELECT 'position ' || posting.position AS what,
                  lines.most IS NULL OR lines.first <> 1 OR lines.most <> lines.number AS broken
           FROM ledger_posting posting
           LEFT JOIN (SELECT position, min(line) AS first, max(line) AS most, count(*) AS number
                      FROM ledger_entry GROUP BY 1) lines USING (position)""",
    ),
    (
        "positions",
        "Each position from one to the head belongs to one document or one revision of an item",
        """SELECT 'position ' || taken.position AS what,
                  taken.position <> lag(taken.position, 1, 0::bigint) OVER clock + 1 AS broken
           FROM (SELECT position FROM ledger_posting UNION ALL SELECT position FROM inventory_itemrevision
                 UNION ALL SELECT position + 1 FROM kernel_head) taken
           WINDOW clock AS (ORDER BY taken.position)""",
    ),
    (
        "recorded",
        "No position was recorded earlier than the position before it",
        """SELECT 'position ' || taken.position AS what,
                  taken.recorded_at < lag(taken.recorded_at, 1, '-infinity') OVER clock AS broken
           FROM (SELECT position, recorded_at FROM ledger_posting
                 UNION ALL SELECT position, recorded_at FROM inventory_itemrevision
                 UNION ALL SELECT position + 1, recorded_at FROM kernel_head) taken
           WINDOW clock AS (ORDER BY taken.position)""",
    ),
    (
        "transfers",
        "Each transfer puts into one place what it takes out of another, in quantity and value",
        """SELECT 'position ' || position || ', item ' || item_id AS what,
                  sum(quantity) <> 0 OR sum(value) <> 0 AS broken
           FROM ledger_entry WHERE kind = 'transfer' GROUP BY position, item_id""",
    ),
    (
        "reversals",
        "Each reversal cancels every quantity and value of its original",
        """SELECT 'position ' || reversal.position AS what,
                  sum(entry.quantity) <> 0 OR sum(entry.value) <> 0
                  OR count(*) <> 2 * count(*) FILTER (WHERE entry.position = reversal.position) AS broken
           FROM ledger_posting reversal
           JOIN ledger_entry entry ON entry.position IN (reversal.position, reversal.reverses)
           WHERE reversal.reverses IS NOT NULL
           GROUP BY reversal.position, entry.item_id, entry.bin_id, entry.kind""",
    ),
    (
        "not_negative",
        "No bin and no hub is below zero, now or after any line",
        """SELECT 'item ' || item_id || ' in bin ' || bin_id AS what, quantity < 0 AS broken FROM ledger_binbalance
           UNION ALL
           SELECT 'entry ' || position || '.' || line, bin_quantity < 0 OR hub_quantity < 0 OR hub_value < 0
           FROM ledger_entry""",
    ),
    (
        "nothing_is_worth_nothing",
        "Where a hub has no stock of an item, its value is zero",
        """SELECT 'item ' || item_id || ' at hub ' || hub_id AS what, quantity = 0 AND value <> 0 AS broken
           FROM ledger_hubbalance""",
    ),
    (
        "movements",
        "The movement per day, item, hub and kind is the sum of its entries",
        """SELECT 'item ' || item_id || ' at hub ' || hub_id || ' on ' || effective_on AS what,
                  (coalesce(entries.up, 0), coalesce(entries.down, 0), coalesce(entries.value_up, 0),
                   coalesce(entries.value_down, 0))
                  IS DISTINCT FROM (coalesce(moved.quantity_up, 0), coalesce(moved.quantity_down, 0),
                   coalesce(moved.value_up, 0), coalesce(moved.value_down, 0)) AS broken
           FROM (SELECT posting.effective_on, entry.item_id, entry.hub_id, entry.kind,
                        sum(greatest(entry.quantity, 0)) AS up, sum(greatest(-entry.quantity, 0)) AS down,
                        sum(greatest(entry.value, 0)) AS value_up, sum(greatest(-entry.value, 0)) AS value_down
                 FROM ledger_entry entry JOIN ledger_posting posting USING (position)
                 GROUP BY 1, 2, 3, 4) entries
           FULL JOIN ledger_dailymovement moved USING (effective_on, item_id, hub_id, kind)""",
    ),
    (
        "layers",
        "The cost layers of each hub add up to the stock of the hub (first in, first out)",
        """SELECT 'item ' || item_id || ' at hub ' || hub_id AS what,
                  (coalesce(layers.quantity, 0), coalesce(layers.value, 0))
                  IS DISTINCT FROM (coalesce(balance.quantity, 0), coalesce(balance.value, 0)) AS broken
           FROM (SELECT item_id, hub_id, sum(quantity_left) AS quantity, sum(value_left) AS value
                 FROM ledger_costlayer GROUP BY 1, 2) layers
           FULL JOIN ledger_hubbalance balance USING (item_id, hub_id)
           WHERE EXISTS (SELECT FROM public.plans_tenant
                         WHERE schema_name = current_schema() AND costing = 'fifo')""",
    ),
    (
        "layer_uses",
        "Each cost layer is what came in at its cost, less what was used of it",
        f"""SELECT 'layer ' || coalesce(layer.position, replayed.position) || '.'
                   || coalesce(layer.line, replayed.line) AS what,
                   (layer.item_id, layer.hub_id, layer.unit_cost, layer.quantity, layer.value,
                    layer.quantity_left, layer.value_left)
                   IS DISTINCT FROM (replayed.item_id, replayed.hub_id, replayed.unit_cost, replayed.quantity,
                                     replayed.value, replayed.quantity_left, replayed.value_left) AS broken
            FROM ledger_costlayer layer
            FULL JOIN ({REPLAYED}) replayed USING (position, line, number)""",  # noqa: S608 - our own statement
    ),
    (
        "named",
        "Each item had a name before its first movement, so that reports can print it",
        """SELECT 'item ' || moved.item_id AS what,
                  coalesce(named.position > moved.position, true) AS broken
           FROM (SELECT item_id, min(position) AS position FROM ledger_entry GROUP BY 1) moved
           LEFT JOIN (SELECT item_id, min(position) AS position FROM inventory_itemrevision GROUP BY 1) named
           USING (item_id)""",
    ),
    (
        "reorder_points",
        "Each reorder point is its latest revision, so that the reorder list of any position is right",
        """SELECT 'item ' || item_id || coalesce(' at hub ' || nullif(hub, 0), '') AS what,
                  stored.quantity IS DISTINCT FROM recorded.quantity
                  OR stored.item_id IS NOT NULL AND (stored.unit, stored.decimals) <> (recorded.unit, recorded.decimals)
                  OR recorded.position > 0 AND NOT EXISTS (
                      SELECT FROM inventory_itemrevision named
                      WHERE named.position = recorded.position AND named.item_id = item_id) AS broken
           FROM (SELECT id AS item_id, 0 AS hub, reorder_point AS quantity, unit, decimals FROM inventory_item
                 WHERE reorder_point IS NOT NULL AND archived_at IS NULL
                 UNION ALL
                 SELECT point.item_id, point.hub_id, point.quantity, item.unit, item.decimals
                 FROM inventory_reorderpoint point
                 JOIN inventory_item item ON item.id = point.item_id WHERE item.archived_at IS NULL) stored
           FULL JOIN (SELECT DISTINCT ON (item_id, hub_id) item_id, coalesce(hub_id, 0) AS hub, position, quantity,
                             unit, decimals
                      FROM inventory_reorderrevision ORDER BY item_id, hub_id, position DESC) recorded
           USING (item_id, hub)""",
    ),
)
COUNTED = """
SELECT count(*), count(*) FILTER (WHERE broken IS NOT FALSE), min(what) FILTER (WHERE broken IS NOT FALSE)
FROM ({select}) compared
"""


ALL_CHECKS = (*CHECKS, *TRAIL_CHECKS)
CHECKS_IN_ALL = len(ALL_CHECKS) + 1  # and the check of the exports


def verify() -> Iterator[Check]:
    """All checks of the current tenant, one after the other; each runs when it is consumed."""
    with connection.cursor():
        pass  # binds the schema by a query: the isolation level must be set before any query of the transaction
    with transaction.atomic():
        _one_snapshot()
        for name, says, select in ALL_CHECKS:
            yield _check(name, says, select)
    yield _exports()


def _one_snapshot() -> None:
    """Compare everything as of one moment. Tests are already inside a transaction, where nobody else writes."""
    if connection.savepoint_ids or connection.needs_rollback:
        return
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _check(name: str, says: str, select: str) -> Check:
    started = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(COUNTED.format(select=select), {"schema": binding.schema_name()})
        rows, broken, example = cursor.fetchone()
    return Check(name, says, rows, broken, named(example or ""), round(time.monotonic() - started, 3))


def _exports() -> Check:
    """The latest exports, and a sample of older ones, derived again and compared with their hashes."""
    started = time.monotonic()
    recent = list(Export.objects.order_by("-created_at", "-pk")[:RECENT_EXPORTS])
    sample = Export.objects.exclude(pk__in=[export.pk for export in recent]).order_by("?")[:SAMPLED_EXPORTS]
    exports = [*recent, *sample]
    differing = [export.file_name for export in exports if not _is_unchanged(export)]
    return Check(
        "exports",
        "The latest exports, and a sample of older ones, have the same rows and bytes when derived again",
        rows=sum(export.rows for export in exports),
        broken=len(differing),
        example=min(differing, default=""),
        seconds=round(time.monotonic() - started, 3),
    )


def _is_unchanged(export: Export) -> bool:
    scope = Scope.of(export.parameters, position=export.position)
    return derive(REPORTS[export.report], scope, extension=export.format) == Derived(
        export.rows, export.rows_sha256, export.file_sha256
    )
