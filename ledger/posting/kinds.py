"""The kinds of movements that people send by form or file, each described once.

The checks, the journal, the file reader, the forms and the pages read this table; none of them names a kind. Counts and
reversals are postings too, but the ledger makes them itself: their lines are signed, like those of an adjustment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.utils.translation import gettext_lazy

from asora.kernel.shapes import StrOrPromise
from ledger.models import Kind


class Direction(Enum):
    """Where the quantity of a line goes. All but `SIGNED` are entered as quantities above zero."""

    IN = "into the bin"
    OUT = "out of the bin"
    BETWEEN = "out of the bin and into the line's other bin"
    SIGNED = "into the bin if above zero, out of it if below"


class ReasonRule(Enum):
    """Whether a document has a reason: none, any text, or a code from the tenant's list."""

    NONE = "none"
    TEXT = "any text"
    LISTED = "a code from the list"


@dataclass(frozen=True, slots=True)
class Movement:
    """One kind of movement.

    `has_vendor`: the document names a vendor, and its file may have the columns of a purchasing system. `needs_cost`:
    each line names its unit cost; otherwise only found stock may have one. `question`: asked when its reference is in
    the ledger already. `example`: a file of one line. `title`, `file_title` and `route`: of its pages. `icon`, `tone`:
    of its badge.
    """

    direction: Direction
    title: StrOrPromise
    file_title: StrOrPromise
    route: str
    icon: str
    tone: str
    question: StrOrPromise
    example: str
    reason: ReasonRule = ReasonRule.NONE
    has_vendor: bool = False
    needs_cost: bool = False


MOVEMENTS: Mapping[Kind, Movement] = {
    Kind.RECEIPT: Movement(
        direction=Direction.IN,
        title=gettext_lazy("Receive"),
        file_title=gettext_lazy("Receive from a file"),
        route="ledger:receive",
        icon="arrow-down-to-line",
        tone="green",
        has_vendor=True,
        needs_cost=True,
        question=gettext_lazy(
            "%(reference)s from %(party)s was already received at position %(position)s (%(moved)s). Post another?"
        ),
        example="reference,effective_on,vendor_code,sku,hub_code,bin_code,quantity,unit_cost\n"
        "PO-1007,2026-03-02,ALDER,CH-101,NORTH,A-1,40,14.20",
    ),
    Kind.ISSUE: Movement(
        direction=Direction.OUT,
        title=gettext_lazy("Issue"),
        file_title=gettext_lazy("Issue from a file"),
        route="ledger:issue",
        icon="arrow-up-from-line",
        tone="blue",
        reason=ReasonRule.TEXT,
        question=gettext_lazy(
            "%(reference)s at %(party)s was already issued at position %(position)s (%(moved)s). Post another?"
        ),
        example="reference,effective_on,sku,hub_code,bin_code,quantity\nSO-2031,2026-03-02,CH-101,NORTH,A-1,2",
    ),
    Kind.TRANSFER: Movement(
        direction=Direction.BETWEEN,
        title=gettext_lazy("Transfer"),
        file_title=gettext_lazy("Transfer from a file"),
        route="ledger:transfer",
        icon="arrow-left-right",
        tone="blue",
        question=gettext_lazy(
            "%(reference)s at %(party)s was already transferred at position %(position)s (%(moved)s). Post another?"
        ),
        example="reference,effective_on,sku,hub_code,bin_code,to_hub_code,to_bin_code,quantity\n"
        "MV-88,2026-03-02,CH-101,NORTH,A-1,VAN-2,A-1,10",
    ),
    Kind.ADJUSTMENT: Movement(
        direction=Direction.SIGNED,
        title=gettext_lazy("Adjust"),
        file_title=gettext_lazy("Adjust from a file"),
        route="ledger:adjust",
        icon="sliders-horizontal",
        tone="ochre",
        reason=ReasonRule.LISTED,
        question=gettext_lazy(
            "%(reference)s at %(party)s was already adjusted at position %(position)s (%(moved)s). Post another?"
        ),
        example="reference,effective_on,sku,hub_code,bin_code,quantity,reason\n"
        "ADJ-12,2026-03-02,CH-101,NORTH,A-1,-1,LOST",
    ),
}


def _that(**wanted: Any) -> frozenset[Kind]:
    return frozenset(
        kind
        for kind, movement in MOVEMENTS.items()
        if all(getattr(movement, name) in values for name, values in wanted.items())
    )


#: Sets of kinds, for checks made once per line: people send them; they bring in, take out, move between bins, or change
#: stock by a signed quantity; they have a vendor; their reason is from the list.
SENT = frozenset(MOVEMENTS)
BRINGING = _that(direction={Direction.IN})
TAKING = _that(direction={Direction.OUT, Direction.BETWEEN})
MOVING = _that(direction={Direction.BETWEEN})
ADJUSTING = _that(direction={Direction.SIGNED})
FINDING = ADJUSTING | {Kind.COUNT}
FROM_VENDORS = _that(has_vendor={True})
REASONED = _that(reason={ReasonRule.LISTED})
