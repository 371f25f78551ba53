"""The event type of counts."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from integrations.types.counts.fields import ApprovedCount, CountedLine
from integrations.types.definition import EventType
from integrations.types.postings.event_types import SUBJECT, example_head, example_line

APPROVED = EventType(
    name="inventory.count.approved.v1",
    group=_("Counts"),
    title=_("Count approved"),
    meaning=_(
        "A count was approved, and its differences were posted. No other posting event is sent for it."
    ),
    permission=Permission.LEDGER_VIEW_STOCK,
    subject=SUBJECT,
    example=ApprovedCount(
        **example_head(reference="CC-00012", value=Decimal("-28.400000")),
        exact=11,
        within_tolerance=0,
        accepted=1,
        superseded=0,
        rounds=1,
        lines=(
            CountedLine(
                **vars(
                    example_line(
                        quantity=Decimal(-2),
                        value=Decimal("-28.400000"),
                        bin_quantity=Decimal(30),
                        hub_quantity=Decimal(38),
                        hub_value=Decimal("539.600000"),
                    )
                ),
                counted=Decimal(30),
                expected=Decimal(32),
            ),
        ),
    ),
)
