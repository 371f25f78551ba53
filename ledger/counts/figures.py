"""A figure: what a person found, as a form or a file hands it to the actions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from asora.kernel import keys
from inventory.models import Bin, Item


@dataclass(frozen=True, slots=True)
class Figure:
    """What somebody found of an item in a bin. `number` is how its form or file knows the line."""

    number: int
    item: Item
    bin: Bin
    quantity: Decimal

    def concerned(self) -> Iterable[str]:
        """The keys of its item and bin, as the trail knows them."""
        return keys.of(self.item), keys.of(self.bin)
