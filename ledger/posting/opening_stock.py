"""Opening stock: what a hub had of an item before the ledger began.

It is an upward adjustment with the reserved reason `OPENING` and a cost. It comes before every other entry of its item
in its hub, since it would otherwise change figures that were already reported. An opening that was reversed does not
count, nor does its reversal, so a go-live with wrong figures can be reversed and done again. The item is locked while
this is read (`ledger.posting.master_data`), and a constraint trigger of the database checks the same before the commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from asora.kernel.refusals import Reason, ValidationFailed
from ledger.posting.drafts import Draft, DraftLine

CONSTRAINT = "ledger_posting_opening_first"
# The constraint is about entries, which are written after their posting. Checked at once, it is refused by its name.
CHECK_LATER, CHECK_NOW = (f"SET CONSTRAINTS {CONSTRAINT} {when}" for when in ("DEFERRED", "IMMEDIATE"))
READ_FIRST = """
SELECT wanted.item, wanted.hub, first.position
FROM unnest(%s::bigint[], %s::bigint[]) AS wanted (item, hub)
CROSS JOIN LATERAL (
    SELECT entry.position FROM ledger_entry entry
    JOIN ledger_posting posting ON posting.position = entry.position
    WHERE entry.item_id = wanted.item AND entry.hub_id = wanted.hub
      AND NOT (posting.reason = 'OPENING' AND (posting.kind = 'reversal' OR EXISTS (
          SELECT FROM ledger_posting reversal WHERE reversal.reverses = posting.position)))
    ORDER BY entry.position LIMIT 1
) AS first
"""
Place = tuple[int, int]  # item and hub


@dataclass(frozen=True, slots=True)
class Opened:
    """What prevents openings: the first entry of an item in a hub, or another document of the batch that opens it."""

    first: Mapping[Place, int] = field(default_factory=dict)
    references: Mapping[Place, str] = field(default_factory=dict)

    def faults(
        self, draft: Draft, line: DraftLine, place: Place, *, sku: str, hub: str
    ) -> Iterator[tuple[str, Reason, str]]:
        """What is wrong with a line of an opening, by its field."""
        if line.quantity <= 0:
            yield "quantity", Reason.QUANTITY_NOT_POSITIVE, _("Enter an opening stock of more than zero.")
        if line.unit_cost is None:
            yield "unit_cost", Reason.COST_MISSING, _("Enter the cost per unit of the opening stock.")
        if position := self.first.get(place):
            message = _(
                "%(sku)s already has entries in hub %(hub)s since position %(position)s. Opening stock must come first."
            ) % {"sku": sku, "hub": hub, "position": position}
            yield "sku", Reason.OPENING_TOO_LATE, message
        elif self.references.get(place, draft.reference) != draft.reference:
            message = _(
                "%(sku)s in hub %(hub)s is already opened by %(reference)s. Put all its bins into that document."
            ) % {
                "sku": sku,
                "hub": hub,
                "reference": self.references[place],
            }
            yield "sku", Reason.OPENING_TOO_LATE, message


def opened(drafts: Sequence[Draft], hub_of_bin: Mapping[int, int]) -> Opened:
    """What prevents these openings. Their items must be locked before this is called."""
    references: dict[Place, str] = {}
    for draft in drafts:
        for line in draft.lines if draft.opens else ():
            references.setdefault((line.item_id, hub_of_bin[line.bin_id]), draft.reference)
    if not references:
        return Opened()
    with connection.cursor() as cursor:
        cursor.execute(READ_FIRST, [[item for item, _hub in references], [hub for _item, hub in references]])
        first = {(item, hub): position for item, hub, position in cursor.fetchall()}
    return Opened(first, references)


def too_late() -> ValidationFailed:
    """The refusal by the constraint of the database."""
    return ValidationFailed(
        _("An item of this document already has entries. Opening stock must come first."),
        reason=Reason.OPENING_TOO_LATE,
    )
