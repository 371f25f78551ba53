"""The ids by which rows of the platform are known as the origin of a ticket: the same each time."""

from __future__ import annotations

from uuid import UUID, uuid5

_FREEZES = UUID("0c0dd9e6-5a0b-5f0e-9a53-0d6c9f0f2c10")


def of_freeze(toggle: int) -> UUID:
    """The origin of the ticket of a freeze. `toggle`: the id of its row."""
    return uuid5(_FREEZES, str(toggle))
