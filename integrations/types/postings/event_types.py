"""The event types of postings, with an example of each."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from integrations.types.definition import EventType
from integrations.types.postings.fields import Adjustment, Issue, Line, Receipt, Reversal, Transfer

GROUP = _("Postings")
SUBJECT = "ledger/<position>"


def example_line(**fields: Any) -> Line:
    """A line of an example: eight chairs into a bin, unless `fields` say otherwise."""
    usual: Values = {
        "hub_id": 1,
        "line": 1,
        "sku": "CH-101",
        "name": "Oak chair",
        "hub": "NORTH",
        "bin": "A-1",
        "unit": "pcs",
        "quantity": Decimal(8),
        "bin_quantity": Decimal(32),
        "hub_quantity": Decimal(40),
        "unit_cost": Decimal("14.200000"),
        "value": Decimal("113.600000"),
        "hub_value": Decimal("568.000000"),
    }
    return Line(**usual | fields)


def example_head(**fields: Any) -> Values:
    """The head of an example."""
    return {
        "position": 1207,
        "reference": "PO-1007",
        "effective_on": date(2026, 3, 2),
        "recorded_at": datetime(2026, 3, 2, 9, 41, 7, 512000, tzinfo=UTC),
        "batch": None,
        "currency": "EUR",
        "value": Decimal("113.600000"),
        "is_complete": True,
    } | fields


OUT = {"quantity": Decimal(-8), "value": Decimal("-113.600000")}

RECEIPT = EventType(
    name="inventory.posting.receipt.v1",
    group=GROUP,
    title=_("Receipt posted"),
    meaning=_("A vendor delivered stock."),
    permission=Permission.LEDGER_VIEW_STOCK,
    subject=SUBJECT,
    example=Receipt(**example_head(), vendor="ALDER", lines=(example_line(),)),
)
ISSUE = EventType(
    name="inventory.posting.issue.v1",
    group=GROUP,
    title=_("Issue posted"),
    meaning=_("Stock was issued, for example sold or used."),
    permission=Permission.LEDGER_VIEW_STOCK,
    subject=SUBJECT,
    example=Issue(
        **example_head(reference="SO-2031", value=Decimal("-113.600000")),
        reason="",
        lines=(
            example_line(
                **OUT, bin_quantity=Decimal(24), hub_quantity=Decimal(32), hub_value=Decimal("454.400000")
            ),
        ),
    ),
)
TRANSFER = EventType(
    name="inventory.posting.transfer.v1",
    group=GROUP,
    title=_("Transfer posted"),
    meaning=_("Stock was moved from one bin to another, of the same hub or of another one."),
    permission=Permission.LEDGER_VIEW_STOCK,
    subject=SUBJECT,
    example=Transfer(
        **example_head(reference="MV-88", value=Decimal("0.000000")),
        lines=(
            example_line(
                **OUT,
                bin_quantity=Decimal(24),
                hub_quantity=Decimal(32),
                hub_value=Decimal("454.400000"),
            ),
            example_line(
                hub_id=2,
                line=2,
                hub="VAN-2",
                bin_quantity=Decimal(8),
                hub_quantity=Decimal(8),
                hub_value=Decimal("113.600000"),
            ),
        ),
    ),
)
ADJUSTMENT = EventType(
    name="inventory.posting.adjustment.v1",
    group=GROUP,
    title=_("Adjustment posted"),
    meaning=_("Stock was corrected, for example because some of it was lost, broken or found."),
    permission=Permission.LEDGER_VIEW_STOCK,
    subject=SUBJECT,
    example=Adjustment(
        **example_head(reference="ADJ-12", value=Decimal("-14.200000")),
        reason="LOST",
        lines=(
            example_line(
                quantity=Decimal(-1),
                value=Decimal("-14.200000"),
                bin_quantity=Decimal(31),
                hub_quantity=Decimal(39),
                hub_value=Decimal("553.800000"),
            ),
        ),
    ),
)
REVERSAL = EventType(
    name="inventory.posting.reversal.v1",
    group=GROUP,
    title=_("Posting reversed"),
    meaning=_("An earlier posting was reversed. The lines are the exact opposite of its lines."),
    permission=Permission.LEDGER_VIEW_STOCK,
    subject=SUBJECT,
    example=Reversal(
        **example_head(position=1211, value=Decimal("-113.600000")),
        reverses=1207,
        reversed_kind="receipt",
        lines=(
            example_line(
                **OUT,
                bin_quantity=Decimal(24),
                hub_quantity=Decimal(32),
                hub_value=Decimal("454.400000"),
            ),
        ),
    ),
)
