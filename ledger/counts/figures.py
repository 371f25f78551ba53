"""A figure: what a person found, as a form or a file hands it to the actions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from asora.kernel import keys
from inventory.models import Bin, Item


@dataclass(frozen=True, slots=True)
class Figure:
    """The quantity of an item that was found in a bin. `number` identifies the line in its form or file."""

    number: int
    item: Item
    bin: Bin
    quantity: Decimal

    def concerned(self) -> Iterable[str]:
        """The keys of its item and bin in the audit trail."""
        return keys.of(self.item), keys.of(self.bin)
