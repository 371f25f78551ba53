"""Master data as a batch reads them, under locks until commit, and costs for found stock.

Master data are read under FOR KEY SHARE: archiving, eligibility and a change of unit take FOR UPDATE, so what is read
(the reasons of adjustments too) stays true until commit, and other postings do not wait. A batch that may find stock
takes its items FOR UPDATE instead: which receipt is the latest must not change while its cost is used.

The lock of the submission, or of the file, comes first: a second submit waits for the first one, and is then refused
because it is posted, not because its stock is gone. Then come the locks on kind, party and reference of the documents
(`ledger.posting.identity`), sorted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db import connection

from asora.kernel import binding, locks
from ledger.models import Kind
from ledger.posting import identity
from ledger.posting.drafts import Draft, lines_of
from ledger.posting.identity import Earlier
from ledger.posting.kinds import FROM_VENDORS, REASONED
from ledger.posting.opening_stock import Opened, opened

LOCK_SENDING = "SELECT pg_advisory_xact_lock(%(sending)s)"
READ_ITEMS = """
SELECT id, sku, decimals, archived_at IS NOT NULL, is_moved, standard_cost, unit FROM inventory_item
WHERE id = ANY(%(items)s) ORDER BY id FOR {strength}
"""
LOCK_ITEMS = "SELECT id FROM inventory_item WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
READ_BINS = """
SELECT b.id, b.hub_id, h.code || '/' || b.code, b.archived_at IS NOT NULL, h.archived_at IS NOT NULL
FROM inventory_bin b JOIN inventory_hub h ON h.id = b.hub_id
WHERE b.id = ANY(%(read_bins)s) ORDER BY b.id FOR KEY SHARE
"""
READ_VENDORS = """
SELECT id, code, eligible, archived_at IS NOT NULL FROM inventory_vendor
WHERE id = ANY(%(read_vendors)s) ORDER BY id FOR KEY SHARE
"""
READ_REASONS = """
SELECT code FROM ledger_adjustmentreason WHERE code = ANY(%s) AND archived_at IS NULL ORDER BY code FOR KEY SHARE
"""
READ_SUBMITTED = "SELECT submission, position FROM ledger_posting WHERE submission = ANY(%(submissions)s)"
READ_LATEST_COSTS = """
SELECT wanted.id, latest.unit_cost FROM unnest(%s::bigint[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT unit_cost FROM ledger_entry
    WHERE item_id = wanted.id AND kind = 'receipt' AND NOT is_reversal
      AND NOT EXISTS (SELECT FROM ledger_posting WHERE reverses = ledger_entry.position)
    ORDER BY position DESC, line DESC LIMIT 1
) AS latest
"""


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What posting needs to know about an item, as read under the lock."""

    sku: str
    decimals: int
    is_archived: bool
    is_moved: bool
    standard_cost: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class BinFacts:
    """What posting needs to know about a bin; `address` is HUB/BIN."""

    hub_id: int
    address: str
    is_archived: bool
    is_hub_archived: bool


@dataclass(frozen=True, slots=True)
class VendorFacts:
    """What posting needs to know about a vendor."""

    code: str
    is_eligible: bool
    is_archived: bool


@dataclass(frozen=True, slots=True)
class MasterData:
    """The records that the drafts name, and which drafts are already posted (submission to position).

    `reasons`: those reasons of the drafts that the tenant's list offers. `latest_costs`: for items of which stock may
    be found, the cost of the latest receipt in any hub that was not reversed. `earlier`: the documents that `standing`
    searches, by kind and reference. `opened`: what prevents opening stock.
    """

    items: dict[int, ItemFacts]
    bins: dict[int, BinFacts]
    vendors: dict[int, VendorFacts]
    submitted: dict[UUID, int]
    reasons: frozenset[str] = frozenset()
    latest_costs: dict[int, Decimal] = field(default_factory=dict)
    earlier: dict[tuple[Kind, str], list[Earlier]] = field(default_factory=dict)
    opened: Opened = field(default_factory=Opened)

    def standing(self, draft: Draft) -> list[Earlier]:
        """The documents with the draft's kind, party and reference that were not reversed, newest first."""
        found = self.earlier.get((draft.kind, draft.reference), [])
        if draft.kind in FROM_VENDORS:
            return [earlier for earlier in found if earlier.vendor_id == draft.vendor_id]
        hubs = {self.bins[bin_].hub_id for line in draft.lines for bin_ in line.bins}
        return [earlier for earlier in found if hubs & earlier.hubs]

    def found_cost(self, item_id: int) -> Decimal:
        """The unit cost of stock found where the hub has none: the latest receipt's cost, else the standard cost."""
        return self.latest_costs.get(item_id, self.items[item_id].standard_cost)


def submitted(submissions: Iterable[UUID]) -> dict[UUID, int]:
    """Which of these submissions are already posted, and at which position."""
    with connection.cursor() as cursor:
        cursor.execute(READ_SUBMITTED, {"submissions": list(submissions)})
        return dict(cursor.fetchall())


def _sending(drafts: Sequence[Draft]) -> int:
    """The lock of what is being sent. A batch needs only one: its submissions are derived from its id."""
    one = (drafts[0].batch or drafts[0].submission) if drafts else ""
    return locks.key("ledger submission", f"{binding.schema_name()}:{one}")


def lock_items(items: Iterable[int]) -> None:
    """Prevent other postings of these items until commit: every posting locks its items first.

    For actions that read the ledger before the lines of a document are known. It takes the locks of
    `master_data_of`, in the same order.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK_ITEMS, [sorted(set(items))])


def master_data_of(drafts: Sequence[Draft]) -> MasterData:
    """Read and lock the records that the drafts name. Call it first in the transaction, then check the drafts."""
    items = sorted({line.item_id for line in lines_of(drafts)})
    bins = sorted({bin_ for line in lines_of(drafts) for bin_ in line.bins})
    vendors = sorted({draft.vendor_id for draft in drafts if draft.vendor_id is not None})
    reasons = sorted({draft.reason for draft in drafts if draft.kind in REASONED})
    finds = any(draft.finds_stock for draft in drafts)
    read_items = READ_ITEMS.format(strength="UPDATE" if finds else "KEY SHARE")
    with connection.cursor() as cursor:
        cursor.execute(
            f"{LOCK_SENDING};{identity.LOCK};{read_items};{READ_BINS};{READ_VENDORS};{READ_SUBMITTED};{identity.READ}",
            identity.parameters(drafts)
            | {
                "sending": _sending(drafts),
                "items": items,
                "read_bins": bins,
                "read_vendors": vendors,
                "submissions": [draft.submission for draft in drafts],
            },
        )
        answers = []
        cursor.nextset()  # the locks of the documents
        while cursor.nextset():
            answers.append(cursor.fetchall())
        if finds:
            cursor.execute(READ_LATEST_COSTS, [items])
            latest_costs = dict(cursor.fetchall())
        if reasons:
            cursor.execute(READ_REASONS, [reasons])
            offered = frozenset(code for (code,) in cursor.fetchall())
    item_rows, bin_rows, vendor_rows, submitted_rows, earlier_rows = answers
    earlier: dict[tuple[Kind, str], list[Earlier]] = {}
    for one in identity.earlier_of(earlier_rows):
        earlier.setdefault((one.kind, one.reference), []).append(one)
    facts = {row[0]: BinFacts(*row[1:]) for row in bin_rows}
    return MasterData(
        items={row[0]: ItemFacts(*row[1:]) for row in item_rows},
        bins=facts,
        vendors={row[0]: VendorFacts(*row[1:]) for row in vendor_rows},
        submitted=dict(submitted_rows),
        reasons=offered if reasons else frozenset(),
        latest_costs=latest_costs if finds else {},
        earlier=earlier,
        opened=opened(drafts, {bin_: place.hub_id for bin_, place in facts.items()}),
    )
