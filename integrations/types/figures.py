"""Figures as they are sent."""

from __future__ import annotations

from decimal import Decimal

MAX_DECIMALS = 4
PLACES = tuple(Decimal(1).scaleb(-decimals) for decimals in range(MAX_DECIMALS + 1))


def quantity(stored: Decimal, decimals: int) -> Decimal:
    """A stored quantity with the decimal places of its item."""
    return stored.quantize(PLACES[decimals])
