"""The `data` of a posting and of its lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from integrations.types.definition import Data, Hubs, documented, money


@dataclass(frozen=True, kw_only=True)
class Line:
    """One entry of a posting, with the balances after it."""

    hub_id: int
    line: int = documented(_("Number of the line in its posting, from 1."))
    sku: str = documented(_("SKU of the item. It never changes."))
    name: str = documented(_("Name of the item when this was recorded."))
    hub: str = documented(_("Code of the hub."))
    bin: str = documented(_("Code of the bin in the hub."))
    unit: str = documented(_("Unit of the quantities of this line."))
    quantity: Decimal = documented(_("Quantity moved: above zero into the bin, below zero out of it."))
    bin_quantity: Decimal = documented(_("Quantity of the item in the bin after this line."))
    hub_quantity: Decimal = documented(_("Quantity of the item at the hub after this line."))
    unit_cost: Decimal = money(_("Cost of one unit, in the currency of the posting."))
    value: Decimal = money(_("Value moved, with the sign of the quantity."))
    hub_value: Decimal = money(_("Value of the item at the hub after this line."))


@dataclass(frozen=True, kw_only=True)
class Posting(Data):
    """What every posting has."""

    position: int = documented(_("Position in the ledger: without gaps, in the order of recording."))
    reference: str = documented(_("Reference of the document, as it was entered."))
    effective_on: date = documented(_("Day on which the stock moved, in the time zone of the company."))
    recorded_at: datetime = documented(_("Moment of recording, in UTC."))
    batch: UUID | None = documented(_("Id of the file import that posted this; null if it was posted alone."))
    currency: str = money(_("Currency of all values, as a code of three letters."))
    value: Decimal = money(_("Value moved by the lines below together."))
    is_complete: bool = documented(
        _("False if the posting also has lines at hubs that this endpoint does not receive.")
    )
    lines: tuple[Line, ...] = documented(_("The lines at the hubs of this endpoint, in their order."))

    def hubs(self) -> Hubs:
        """The hubs of its lines."""
        return frozenset(line.hub_id for line in self.lines)

    def at(self, hubs: Hubs) -> Self | None:
        """The posting with its lines at these hubs."""
        lines = tuple(line for line in self.lines if line.hub_id in hubs)
        if len(lines) == len(self.lines):
            return self
        if not lines:
            return None
        return replace(
            self, lines=lines, value=sum((line.value for line in lines), Decimal(0)), is_complete=False
        )


@dataclass(frozen=True, kw_only=True)
class Receipt(Posting):
    """A delivery."""

    vendor: str = documented(_("Code of the vendor."))


@dataclass(frozen=True, kw_only=True)
class Issue(Posting):
    """Stock that was used or sold."""

    reason: str = documented(_("Reason, as it was entered; may be empty."))


@dataclass(frozen=True, kw_only=True)
class Transfer(Posting):
    """Stock that changed its place."""


@dataclass(frozen=True, kw_only=True)
class Adjustment(Posting):
    """A correction of stock."""

    reason: str = documented(_("Code of the reason from the company's list."))


@dataclass(frozen=True, kw_only=True)
class Reversal(Posting):
    """The exact opposite of an earlier posting."""

    reverses: int = documented(_("Position of the posting that is reversed."))
    reversed_kind: str = documented(
        _("Kind of the posting that is reversed: receipt, issue, transfer, adjustment or count.")
    )
