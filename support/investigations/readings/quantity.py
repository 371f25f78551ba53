"""Playbook "quantity looks wrong": the ledger of one item in a place and period, replayed beside what Asora shows.

Everything comes from the entries. The shown quantity comes from the derived balance, so that the two can differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from asora.kernel.shapes import Values
from asora.kernel.text import fold_code
from audit.events.models import Event
from inventory.models import Bin, Hub, Item
from ledger.models import BinBalance, HubBalance, Kind
from support.investigations.scope import Scope

PERIOD = timedelta(days=90)
MAX_ROWS = 200
MAX_REFUSED = 200
#: Refusals of the period that are looked at.
MAX_READ = 5_000
#: Kinds of documents that reconcile a difference by recording it.
RECONCILING = (Kind.ADJUSTMENT, Kind.COUNT)

# Each entry of the place, with the balance that the entries before it lead to. Its own running balance is that of its
# bin; a difference is a gap.
HISTORY = """
SELECT entry.position, entry.line, posting.recorded_at, posting.kind, posting.reference, posting.request_id,
       entry.quantity, hub.code || '/' || bin.code AS place, sum(entry.quantity) OVER place AS replayed,
       entry.bin_quantity <> entry.quantity + lag(entry.bin_quantity, 1, 0) OVER bins AS is_gap,
       entry.counted_quantity, entry.expected_quantity
FROM ledger_entry entry
JOIN ledger_posting posting ON posting.position = entry.position
JOIN inventory_bin bin ON bin.id = entry.bin_id
JOIN inventory_hub hub ON hub.id = entry.hub_id
WHERE entry.item_id = %(item)s AND (%(hub)s::bigint IS NULL OR entry.hub_id = %(hub)s)
  AND (%(bin)s::bigint IS NULL OR entry.bin_id = %(bin)s)
WINDOW bins AS (PARTITION BY entry.bin_id ORDER BY entry.position, entry.line),
       place AS (ORDER BY entry.position, entry.line)
"""
_INSIDE = "recorded_at >= %(since)s AND recorded_at < %(until)s"
LATEST = f"""
SELECT * FROM ({HISTORY}) history WHERE {_INSIDE} ORDER BY position DESC, line DESC LIMIT %(most)s
"""  # noqa: S608 - our own statement
TOTALS = f"""
SELECT count(*) FILTER (WHERE {_INSIDE}), coalesce(sum(quantity) FILTER (WHERE recorded_at < %(since)s), 0),
       coalesce(sum(quantity), 0), min(position), max(position),
       (array_agg('#' || position || '.' || line ORDER BY position, line) FILTER (WHERE is_gap))[1:20]
FROM ({HISTORY}) history
"""  # noqa: S608 - our own statement
SUMS = f"""
SELECT kind, sum(quantity), (array_agg(DISTINCT request_id))[1:200]
FROM ({HISTORY}) history WHERE {_INSIDE} GROUP BY kind ORDER BY min(position)
"""  # noqa: S608 - our own statement
# Positions between the first and the last one of the place that belong to no document and no revision of an item.
MISSING = """
SELECT expected.position FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS expected(position)
LEFT JOIN ledger_posting posting ON posting.position = expected.position
LEFT JOIN inventory_itemrevision revision ON revision.position = expected.position
WHERE posting.position IS NULL AND revision.position IS NULL ORDER BY 1 LIMIT 20
"""
MAX_SPAN = 100_000
# The latest reading of each counted line that no posting of its count has recorded, beside the balance at that moment.
DIFFERENCES = """
SELECT session.id, session.title, hub.code, bin.code, reading.counted_at, reading.quantity,
       coalesce((SELECT entry.bin_quantity FROM ledger_entry entry
                 WHERE entry.item_id = line.item_id AND entry.bin_id = line.bin_id
                   AND entry.position <= reading.position
                 ORDER BY entry.position DESC, entry.line DESC LIMIT 1), 0) AS expected
FROM ledger_countline line
JOIN ledger_countsession session ON session.id = line.session_id AND session.posting_id IS NULL
JOIN inventory_bin bin ON bin.id = line.bin_id
JOIN inventory_hub hub ON hub.id = bin.hub_id
JOIN LATERAL (SELECT * FROM ledger_countreading newest WHERE newest.line_id = line.id AND newest.round = line.round
              ORDER BY newest.counted_at DESC, newest.id DESC LIMIT 1) reading ON true
WHERE line.item_id = %(item)s AND (%(hub)s::bigint IS NULL OR bin.hub_id = %(hub)s)
  AND (%(bin)s::bigint IS NULL OR line.bin_id = %(bin)s) AND NOT line.is_left_out
ORDER BY reading.counted_at DESC LIMIT 50
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry. `balance`: of the place after it, by replay. `is_gap`: its stored balance does not follow."""

    position: int
    line: int
    recorded_at: datetime
    kind: str
    reference: str
    request_id: str
    quantity: Decimal
    place: str
    balance: Decimal
    is_gap: bool
    counted: Decimal | None = None
    expected: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What somebody counted, and what the ledger had at that moment. No posting has recorded it yet."""

    count: str
    place: str
    counted_at: datetime
    counted: Decimal
    expected: Decimal


@dataclass(frozen=True, slots=True)
class Quantity:
    """The ledger of an item in a place. `problem`: why nothing could be read; then everything else is empty.

    `opening`: the balance before the period. `lines`: entries of the period, oldest first, at most `MAX_ROWS`.
    `sums`: the net quantity of each kind in the period. `replayed`, `shown`: the present quantity by all entries, and
    by the derived balance. `gaps`: positions where a balance does not follow or that are missing.
    `refused_requests`: requests in the period whose document of this item was refused.
    """

    item: str = ""
    place: str = ""
    unit: str = ""
    since: datetime | None = None
    until: datetime | None = None
    opening: Decimal = Decimal(0)
    entries: int = 0
    lines: Sequence[Line] = ()
    sums: Mapping[str, Decimal] = field(default_factory=dict)
    replayed: Decimal = Decimal(0)
    shown: Decimal = Decimal(0)
    gaps: Sequence[str] = ()
    refused_requests: Sequence[str] = ()
    reconciling_requests: Sequence[str] = ()
    differences: Sequence[Difference] = ()
    problem: str = ""

    @property
    def is_equal(self) -> bool:
        """Returns True if the replayed quantity is the shown one."""
        return self.replayed == self.shown

    def facts(self) -> Values:
        """What conditions read, ready for JSON."""
        if self.problem:
            return {"problem": self.problem}
        return {
            "item": self.item,
            "place": self.place,
            "unit": self.unit,
            "since": _iso(self.since),
            "until": _iso(self.until),
            "entries": self.entries,
            "opening": plain(self.opening),
            "replayed": plain(self.replayed),
            "shown": plain(self.shown),
            "is_equal": self.is_equal,
            "sums": {kind: plain(quantity) for kind, quantity in self.sums.items()},
            "gaps": list(self.gaps),
            "refused_requests": list(self.refused_requests),
            "reconciling_requests": list(self.reconciling_requests),
            "open_differences": len([one for one in self.differences if one.counted != one.expected]),
        }


def plain(quantity: Decimal) -> str:
    """A quantity without superfluous zeros."""
    return f"{quantity.normalize():f}" if quantity else "0"


def read_quantity(scope: Scope) -> Quantity:
    """The ledger of the item in the place and period of a scope. Inside the tenant only."""
    item = Item.objects.filter(sku_key=fold_code(scope.item)).first() if scope.item else None
    if item is None:
        return Quantity(problem="item")
    hub = Hub.objects.filter(code_key=fold_code(scope.hub)).first() if scope.hub else None
    place = Bin.objects.filter(code_key=fold_code(scope.bin), hub=hub).first() if scope.bin and hub else None
    if (scope.hub and hub is None) or (scope.bin and place is None):
        return Quantity(item=item.sku, problem="place")
    until = scope.until or timezone.now()
    since = scope.since or until - PERIOD
    asked = {
        "item": item.pk,
        "hub": hub.pk if hub else None,
        "bin": place.pk if place else None,
        "since": since,
        "until": until,
        "most": MAX_ROWS,
    }
    [(entries, opening, replayed, first, last, gaps)] = _rows(TOTALS, **asked)
    sums = _rows(SUMS, **asked)
    return Quantity(
        item=item.sku,
        place="/".join(code for code in (hub.code if hub else "", place.code if place else "") if code),
        unit=item.unit,
        since=since,
        until=until,
        opening=opening,
        entries=entries,
        lines=[Line(*row) for row in reversed(_rows(LATEST, **asked))],
        sums={kind: net for kind, net, _requests in sums},
        replayed=replayed,
        shown=_shown(item, hub, place),
        gaps=[*(gaps or ()), *_missing(first, last)][:20],
        refused_requests=_refused(item, since, until),
        reconciling_requests=[
            request for kind, _net, requests in sums if kind in RECONCILING for request in requests
        ],
        differences=[
            Difference(title or f"CC-{key:05d}", f"{hub_code}/{bin_code}", counted_at, counted, expected)
            for key, title, hub_code, bin_code, counted_at, counted, expected in _rows(DIFFERENCES, **asked)
        ],
    )


def _shown(item: Item, hub: Hub | None, place: Bin | None) -> Decimal:
    """The quantity that pages show: the derived balance of the bin, the hub, or all hubs."""
    if place is not None:
        in_bin = BinBalance.objects.filter(item=item, bin=place).values_list("quantity", flat=True)
        return sum(in_bin, Decimal(0))
    balances = HubBalance.objects.filter(item=item)
    at_hubs = balances.filter(hub=hub) if hub else balances
    return sum(at_hubs.values_list("quantity", flat=True), Decimal(0))


def _missing(first: int | None, last: int | None) -> list[str]:
    """Positions between two that belong to nothing; of a very long span, none is looked at."""
    if first is None or last is None or last - first > MAX_SPAN:
        return []
    return [f"#{position}" for (position,) in _rows(MISSING, first=first, last=last)]


def _refused(item: Item, since: datetime, until: datetime) -> list[str]:
    """The requests whose document of this item was refused: their events name the item among what is concerned.

    Of very many refusals, the latest are looked at.
    """
    refused = Event.objects.filter(
        outcome=Event.Outcome.REFUSED, occurred_at__gte=since, occurred_at__lt=until
    )
    latest = refused.order_by("-occurred_at", "-id").values("pk")[:MAX_READ]
    rows = Event.objects.filter(
        pk__in=latest,
        action__startswith="ledger.",
        decision__contains=[{"concerned": [f"item:{item.pk}"]}],
    )
    return list(rows.order_by("-occurred_at").values_list("request_id", flat=True)[:MAX_REFUSED])


def _iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""


def _rows(statement: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
