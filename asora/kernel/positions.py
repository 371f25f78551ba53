"""Positions: without gaps, in commit order, with recorded times that never go back.

Positions are taken by one UPDATE of the tenant's only `Head` row, after all other locks; the row stays locked until
commit. So nobody can take a later position before this one is visible.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from asora.kernel import clock

TAKE = """
UPDATE kernel_head
SET position = position + %s, recorded_at = greatest({clock}, recorded_at)
WHERE id = 1
RETURNING position, recorded_at
"""

WIND_BACK = "UPDATE kernel_head SET recorded_at = asora_demo.clock() WHERE id = 1 AND position = 0"


@dataclass(frozen=True, slots=True)
class Block:
    """`count` consecutive positions from `first`, all recorded at the same moment."""

    first: int
    count: int
    recorded_at: datetime

    @property
    def last(self) -> int:
        """The last position of the block."""
        return self.first + self.count - 1


def take(count: int) -> Block:
    """Take the next `count` positions. Call it last, inside the transaction of an action."""
    if count < 1:
        raise ValueError("a block has at least one position")
    with connection.cursor() as cursor:
        cursor.execute(TAKE.format(clock=clock.sql()), [count])
        row = cursor.fetchone()
    if row is None:
        raise RuntimeError("this tenant has no Head row; its schema was not made by the product")
    return Block(first=row[0] - count + 1, count=count, recorded_at=row[1])


def wind_back() -> None:
    """Move the head of a new demo tenant to the demo's past: recorded times never go back, and the head was made now.

    Does nothing once a position is taken. Fails in a database without a demo clock (`asora.kernel.clock`).
    """
    with connection.cursor() as cursor:
        cursor.execute(WIND_BACK)


def current() -> int:
    """The last committed position."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT position FROM kernel_head WHERE id = 1")
        row = cursor.fetchone()
    return int(row[0]) if row else 0
