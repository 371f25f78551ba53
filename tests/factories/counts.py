"""Short ways to count in tests: through the door, by SKU and HUB/BIN."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

from asora.kernel.act import Act
from ledger.actions.movements import issue
from ledger.counts.actions.approval import approve_count
from ledger.counts.actions.counting import record_counts, submit_count
from ledger.counts.actions.decisions import decide_correction
from ledger.counts.actions.opening import open_count
from ledger.counts.figures import Figure
from ledger.counts.queries.review import ReviewLine, review_of
from ledger.models import BinBalance, CountLine, CountSession, Kind
from ledger.posting.drafts import Draft, DraftLine
from tests.factories.documents import DAY, post_movement
from tests.factories.master_data import MasterData

PLACE = "BOLT NORTH/A-1"  # where most tests count


def start(act: Act, master_data: MasterData, *, hub: str = "NORTH", **values: Any) -> CountSession:
    """A count of a hub."""
    here = master_data.north if hub == "NORTH" else master_data.south
    return open_count(act, submission=uuid4(), hub=here, title="Cycle count", **values)


def figure(master_data: MasterData, sku: str, address: str, quantity: str, *, number: int = 1) -> Figure:
    """One counted quantity."""
    return Figure(number, master_data.items[sku], master_data.bins[address], Decimal(quantity))


def enter(act: Act, master_data: MasterData, session: CountSession, **found: str) -> CountSession:
    """Enter figures: `enter(act, stage, session, **{"BOLT NORTH/A-1": "9"})`."""
    figures = [
        figure(master_data, *place.split(), quantity, number=number)
        for number, (place, quantity) in enumerate(found.items(), start=1)
    ]
    return record_counts(act, session=session, figures=figures)


def hand_in(act: Act, session: CountSession) -> CountSession:
    """Hand in a count, without the lines that nobody counted."""
    return submit_count(act, session=session, without=set(session.lines.values_list("pk", flat=True)))


def approve(act: Act, session: CountSession) -> int:
    """Approve a count with all its variances, and post it."""
    session.refresh_from_db()
    lines = [line.id for line in review_of(session)]
    return approve_count(act, session=session, accepted=lines, seen=session.version)


def take_out(act: Act, master_data: MasterData, sku: str, address: str, quantity: str) -> int:
    """Issue something while others count."""
    bin_ = master_data.bins[address]
    line = DraftLine(1, master_data.items[sku].pk, bin_.pk, Decimal(quantity))
    draft = Draft(Kind.ISSUE, uuid4(), DAY, [line], reference="ISS-1")
    return issue(act, draft=draft, hubs=[bin_.hub], reference="ISS-1")


def line_of(session: CountSession, sku: str, bin_code: str) -> ReviewLine:
    """One line as its approver sees it."""
    return next(line for line in review_of(session) if (line.sku, line.bin) == (sku, bin_code))


def decide(
    act: Act, session: CountSession, sku: str, bin_code: str, decision: CountLine.Decision
) -> CountSession:
    """Decide what a correction was about, on an up-to-date page."""
    session.refresh_from_db()
    line = line_of(session, sku, bin_code)
    upto = line.valid_reading.corrected_upto if line.valid_reading else 0
    return decide_correction(
        act, session=session, line=line.id, decision=decision, upto=upto, seen=session.version
    )


def left_in(master_data: MasterData, address: str = "NORTH/A-1") -> Decimal:
    """How many bolts are in a bin."""
    return BinBalance.objects.get(item=master_data.items["BOLT"], bin=master_data.bins[address]).quantity


def counted(act: Act, master_data: MasterData, found: str, place: str = PLACE, **values: Any) -> CountSession:
    """A new count with this quantity, handed in."""
    session = start(act, master_data, **values)
    enter(act, master_data, session, **{place: found})
    return hand_in(act, session)


def adjust_by(act: Act, master_data: MasterData, quantity: str) -> int:
    """Correct the bolts of A-1 by hand; returns the position."""
    return post_movement(act, master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", quantity))


def reading_of(session: CountSession) -> Any:
    """The first reading of the bolts of A-1, as its approver sees it."""
    return line_of(session, "BOLT", "A-1").readings[0]


def quantity_of(master_data: MasterData, sku: str, address: str) -> Decimal:
    """How much of an item is in a bin."""
    return BinBalance.objects.get(item=master_data.items[sku], bin=master_data.bins[address]).quantity


def oil_lines(session: CountSession) -> set[int]:
    """The lines of a count that are about oil."""
    return {line.id for line in review_of(session) if line.sku == "OIL"}
