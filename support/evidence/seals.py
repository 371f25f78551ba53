"""The seals over events of the bound trail: which one covers an event, and whether its tree really contains it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from asora.kernel import binding
from audit.seals import merkle, nodes, receipts
from audit.seals.models import Seal
from audit.seals.proof.rows import Sealed, sealed
from support.evidence.facts import SealPlace

STREAM = "audit"
# The first seal that ends at or after a number covers it, unless that number was never sealed.
COVERING = """
SELECT asked.number, seal.number, seal.size, seal.row_format
FROM unnest(%s::bigint[]) AS asked (number)
CROSS JOIN LATERAL (
    SELECT number, size, row_format, first FROM {table}
    WHERE stream = %s AND last >= asked.number ORDER BY last LIMIT 1
) seal
WHERE seal.first <= asked.number
"""


@dataclass(frozen=True, slots=True)
class Covering:
    """The seal that covers an event, and the format in which its row was sealed."""

    place: SealPlace
    row_format: int


def covering(numbers: Collection[int]) -> dict[int, Covering]:
    """The seals over some events of the bound trail, by the number of the event; those not sealed are left out."""
    if not numbers:
        return {}
    table = f"{connection.ops.quote_name(binding.schema_name())}.{Seal._meta.db_table}"
    with connection.cursor() as cursor:
        cursor.execute(COVERING.format(table=table), [sorted(numbers), STREAM])
        rows = cursor.fetchall()
    return {asked: Covering(SealPlace(number, size), row_format) for asked, number, size, row_format in rows}


@dataclass(slots=True)
class Tree:
    """The sealed tree of the bound trail, for several questions about it."""

    found: Sealed | None
    seals: dict[int, Seal | None]

    @classmethod
    def of_bound(cls) -> Tree:
        """The tree of the bound trail."""
        return cls(sealed(STREAM), {})

    def contains(self, row: bytes, *, number: int, seal: int) -> bool:
        """Whether the row of an event is in the tree that a seal signed, and the signature is ours."""
        at = self._seal(seal)
        if self.found is None or at is None:
            return False
        try:
            path = merkle.inclusion(self.found.index(number), at.size, nodes.reader(STREAM))
            leaf = merkle.leaf_hash(row)
            root = merkle.root_of_inclusion(leaf, self.found.index(number), at.size, path)
        except (ValueError, merkle.MissingNode):
            return False
        signed = receipts.is_ours(at.note, stream=STREAM)
        return signed is not None and (signed.size, signed.root, signed.seal) == (at.size, root, at.number)

    def _seal(self, number: int) -> Seal | None:
        if number not in self.seals:
            self.seals[number] = Seal.objects.filter(stream_id=STREAM, number=number).first()
        return self.seals[number]
