"""When two documents are the same: kind, vendor or hub, reference, day and lines are equal.

A delivery that is sent twice must not be received twice, no matter how it is sent: twice by a form, or by a file and
by the same file saved by another program. So every document with a reference is compared with the documents in the
ledger that have the same kind, party and reference. The party of a receipt is its vendor; the parties of all other
documents are the hubs where they move stock. Reversed documents do not count. An advisory lock on kind, party and
reference makes two documents that are sent at the same time wait for each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from asora.kernel import binding, locks
from asora.kernel.shapes import Values
from ledger.models import Kind
from ledger.posting.drafts import Draft, DraftLine
from ledger.posting.kinds import FROM_VENDORS, SENT, TAKING

MAX_EARLIER = 20  # the newest of one kind, party and reference; an equal but older document is asked about
# A file of 10,000 documents must not take 10,000 locks: they would fill the server's lock table. Two documents that
# share one of these by accident only wait for each other.
LOCKS = 512

# The parties of the documents: the vendor of a receipt, otherwise the hubs of the bins. Sorted, so that no two batches
# wait for each other in a circle.
PARTIES = """
SELECT DISTINCT sent.kind, sent.reference, sent.vendor, bin.hub_id AS hub
FROM unnest(%(kinds)s::text[], %(references)s::text[], %(vendors)s::bigint[], %(bins)s::bigint[])
     AS sent (kind, reference, vendor, bin)
LEFT JOIN inventory_bin bin ON bin.id = sent.bin
"""
LOCK = f"""
SELECT pg_advisory_xact_lock(%(lock_class)s, lock) FROM (
    SELECT DISTINCT mod(hashtext(concat_ws(E'\\n', kind, vendor, hub, reference)) & 2147483647, {LOCKS}) AS lock
    FROM ({PARTIES}) party ORDER BY lock
) sorted
"""  # noqa: S608 - no value in it
READ = f"""
SELECT earlier.position, party.kind, party.reference, earlier.vendor_id, earlier.effective_on,
       entry.line, entry.item_id, entry.bin_id, entry.hub_id, entry.quantity, entry.unit_cost, item.unit
FROM ({PARTIES}) party
CROSS JOIN LATERAL (
    SELECT posting.position, posting.vendor_id, posting.effective_on FROM ledger_posting posting
    WHERE posting.reference = party.reference AND posting.kind = party.kind
      AND (party.hub IS NOT NULL OR posting.vendor_id = party.vendor)
      AND (party.hub IS NULL OR EXISTS (
          SELECT FROM ledger_entry moved WHERE moved.position = posting.position AND moved.hub_id = party.hub))
      AND NOT EXISTS (SELECT FROM ledger_posting reversal WHERE reversal.reverses = posting.position)
    ORDER BY posting.position DESC LIMIT {MAX_EARLIER}
) earlier
JOIN ledger_entry entry ON entry.position = earlier.position
JOIN inventory_item item ON item.id = entry.item_id
"""  # noqa: S608 - no value in it


@dataclass(frozen=True, slots=True)
class Moved:
    """One entry of an earlier document."""

    item_id: int
    bin_id: int
    hub_id: int
    quantity: Decimal
    unit_cost: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """A document in the ledger that was not reversed, with its entries."""

    position: int
    kind: Kind
    reference: str
    vendor_id: int | None
    effective_on: date
    moved: list[Moved] = field(default_factory=list)

    @property
    def hubs(self) -> set[int]:
        """The hubs where it moved stock."""
        return {entry.hub_id for entry in self.moved}


def parameters(drafts: Iterable[Draft]) -> Values:
    """The parameters of `LOCK` and `READ`, from the drafts that have a reference."""
    sent = sorted(
        {
            (str(draft.kind), draft.reference, draft.vendor_id or 0, bin_)
            for draft in drafts
            if draft.kind in SENT and draft.reference
            for bin_ in (
                [0] if draft.kind in FROM_VENDORS else [b for line in draft.lines for b in line.bins]
            )
        }
    )
    lock_class = locks.key("ledger document", binding.schema_name()) >> 32
    return {
        "kinds": [kind for kind, _reference, _vendor, _bin in sent],
        "references": [reference for _kind, reference, _vendor, _bin in sent],
        "vendors": [vendor or None for _kind, _reference, vendor, _bin in sent],
        "bins": [bin_ or None for _kind, _reference, _vendor, bin_ in sent],
        "lock_class": lock_class,
    }


def earlier_of(rows: Iterable[Sequence[Any]]) -> list[Earlier]:
    """The documents that `READ` found, newest first; a document of two hubs appears once."""
    found: dict[int, Earlier] = {}
    seen: set[tuple[int, int]] = set()
    for position, kind, reference, vendor_id, day, line, *moved in rows:
        earlier = found.setdefault(position, Earlier(position, Kind(kind), reference, vendor_id, day))
        if (position, line) not in seen:
            seen.add((position, line))
            earlier.moved.append(Moved(*moved))
    return [found[position] for position in sorted(found, reverse=True)]


def is_same(draft: Draft, earlier: Earlier) -> bool:
    """Whether a draft equals an earlier document of its kind, party and reference: the same day and lines.

    The order of lines and the note do not matter. Costs are compared where the draft names them.
    """
    if draft.effective_on != earlier.effective_on:
        return False
    wanted = [move for line in draft.lines for move in _moves(draft.kind, line)]
    if Counter(move[:3] for move in wanted) != Counter(
        (entry.item_id, entry.bin_id, entry.quantity) for entry in earlier.moved
    ):
        return False
    priced = Counter(move for move in wanted if move[3] is not None)
    return priced <= Counter(
        (entry.item_id, entry.bin_id, entry.quantity, entry.unit_cost) for entry in earlier.moved
    )


def _moves(kind: Kind, line: DraftLine) -> list[tuple[int, int, Decimal, Decimal | None]]:
    """What a line would write: item, bin, quantity, and the cost if the line itself names it."""
    cost = line.unit_cost if line.quantity > 0 else None
    if kind in TAKING:
        out = (line.item_id, line.bin_id, -line.quantity, None)
        return [out] if line.to_bin_id is None else [out, (line.item_id, line.to_bin_id, line.quantity, None)]
    return [(line.item_id, line.bin_id, line.quantity, cost)]
