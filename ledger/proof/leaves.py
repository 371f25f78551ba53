"""The rows of the ledger that are sealed: one per position, a document or a revision of an item.

Nothing of a document is in its row, only the hashes of its parts (`audit.seals.canonical`): its head, who recorded it,
and for each entry one hash of two parts, quantities and costs. So a proof can show the lines of one hub, or quantities
without costs, and the leaf still comes out. Records appear by their codes, which never change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from asora.kernel import positions
from audit.seals.canonical import Stream, joined_hash, part_hash, part_salt, register, to_bytes

CURRENT = 1
CHUNK = 500  # positions per query


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a row: its values, and the salt and hash that a proof shows in their place."""

    values: Mapping[str, Any]
    salt: bytes

    @property
    def text(self) -> bytes:
        """The canonical bytes."""
        return to_bytes(self.values)

    @property
    def hash(self) -> bytes:
        """What the row contains."""
        return part_hash(self.salt, self.text)


@dataclass(frozen=True, slots=True)
class Leaf:
    """What is recorded under one position. `type`: `posting`, `revision` or `reorder`.

    `parts`: by name. `lists`: by name, parts that are hashed together, such as quantities and costs of each entry.
    """

    type: str
    position: int
    row_format: int
    parts: Mapping[str, Part]
    lists: Mapping[str, Sequence[Sequence[Part]]]

    def row(self) -> bytes:
        """The canonical row."""
        return to_bytes(
            {"format": self.row_format, "type": self.type, "position": self.position}
            | {name: part.hash.hex() for name, part in self.parts.items()}
            | {
                name: [joined_hash([part.hash for part in parts]).hex() for parts in groups]
                for name, groups in self.lists.items()
            }
        )


# Each query returns its position first. The names of the other columns are the names in the parts: they never change.
DOCUMENTS = """
SELECT posting.position, posting.kind, posting.reference, vendor.code AS vendor, posting.effective_on,
       posting.recorded_at, posting.reason, posting.reverses
FROM ledger_posting posting LEFT JOIN inventory_vendor vendor ON vendor.id = posting.vendor_id
WHERE posting.position = ANY(%s)
"""
ORIGINS = """
SELECT position, actor_type, actor_ref, request_id, note, batch, submission
FROM ledger_posting WHERE position = ANY(%s)
"""
QUANTITIES = """
SELECT entry.position, entry.line, item.sku, item.unit, item.decimals, hub.code AS hub, bin.code AS bin, entry.kind,
       entry.is_reversal, entry.quantity, entry.counted_quantity, entry.expected_quantity, entry.bin_quantity,
       entry.hub_quantity
FROM ledger_entry entry
LEFT JOIN inventory_item item ON item.id = entry.item_id
LEFT JOIN inventory_hub hub ON hub.id = entry.hub_id
LEFT JOIN inventory_bin bin ON bin.id = entry.bin_id
WHERE entry.position = ANY(%s) ORDER BY entry.position, entry.line
"""
COSTS = """
SELECT position, line, unit_cost, value, hub_value
FROM ledger_entry WHERE position = ANY(%s) ORDER BY position, line
"""
USES = """
SELECT entry_position, entry_line, number, layer_position, layer_line, layer_number, quantity, value
FROM ledger_layeruse WHERE entry_position = ANY(%s) ORDER BY entry_position, entry_line, number
"""
REVISIONS = """
SELECT revision.position, item.sku, revision.name, revision.category_code AS category, revision.recorded_at
FROM inventory_itemrevision revision LEFT JOIN inventory_item item ON item.id = revision.item_id
WHERE revision.position = ANY(%s)
"""
REORDERS = """
SELECT reorder.position, item.sku, hub.code AS hub, reorder.quantity, reorder.unit, reorder.decimals
FROM inventory_reorderrevision reorder
LEFT JOIN inventory_item item ON item.id = reorder.item_id
LEFT JOIN inventory_hub hub ON hub.id = reorder.hub_id
WHERE reorder.position = ANY(%s) ORDER BY reorder.position, reorder.item_id, hub.code NULLS FIRST
"""


def leaves(places: Sequence[int], *, row_format: int, salt: bytes) -> Iterator[Leaf]:
    """What is recorded under these positions, in ascending order; a position without a record is left out."""
    read = FORMATS[row_format]
    for start in range(0, len(places), CHUNK):
        found = read(list(places[start : start + CHUNK]), salt)
        for position in sorted(found):
            yield found[position]


def rows(first: int, last: int, *, row_format: int, salt: bytes) -> Iterator[tuple[int, bytes]]:
    """The canonical rows of the positions `first` to `last`."""
    for leaf in leaves(range(first, last + 1), row_format=row_format, salt=salt):
        yield leaf.position, leaf.row()


def genesis(*, row_format: int, salt: bytes) -> Iterator[tuple[str, bytes]]:
    """The reorder points of position 0, from before reorder points took positions: (item and hub, row)."""
    for leaf in genesis_leaves(row_format=row_format, salt=salt):
        values = leaf.parts["reorder"].values
        yield f"{values['sku']} at {values['hub'] or 'each hub'}", leaf.row()


def genesis_leaves(*, row_format: int, salt: bytes) -> Iterator[Leaf]:
    """The same, in the same order, with their parts."""
    for values in _query(REORDERS, [0])[0]:
        part = Part(values, part_salt(salt, f"0/reorder/{values['sku']}/{values['hub'] or ''}"))
        yield Leaf("reorder", 0, row_format, {"reorder": part}, {})


def _read_first_format(places: list[int], salt: bytes) -> dict[int, Leaf]:
    """Format 1."""

    def part(position: int, name: str, values: Mapping[str, Any]) -> Part:
        return Part(values, part_salt(salt, f"{position}/{name}"))

    quantities, costs = _query(QUANTITIES, places), _query(COSTS, places)
    origins, reorders = _query(ORIGINS, places), _query(REORDERS, places)
    uses: dict[tuple[int, int], list[list[Any]]] = defaultdict(list)
    for position, found in _query(USES, places).items():
        for use in found:
            line, *values = use.values()
            uses[position, line].append(values)
    found_leaves = {}
    for position, [document] in _query(DOCUMENTS, places).items():
        entries = [
            (
                part(position, f"quantities/{quantity['line']}", quantity),
                part(
                    position,
                    f"costs/{cost['line']}",
                    cost | {"layers": uses.get((position, cost["line"]), [])},
                ),
            )
            for quantity, cost in zip(quantities[position], costs[position], strict=True)
        ]
        head = {
            "document": part(position, "document", document),
            "origin": part(position, "origin", origins[position][0]),
        }
        found_leaves[position] = Leaf("posting", position, 1, head, {"entries": entries})
    for position, [revision] in _query(REVISIONS, places).items():
        points = [(part(position, f"reorder/{point['hub'] or ''}", point),) for point in reorders[position]]
        head = {"revision": part(position, "revision", revision)}
        found_leaves[position] = Leaf("revision", position, 1, head, {"reorder": points})
    return found_leaves


#: How each format is read. A format never changes: add the next number, and set `CURRENT`.
FORMATS: dict[int, Callable[[list[int], bytes], dict[int, Leaf]]] = {1: _read_first_format}


def _query(statement: str, places: list[int]) -> dict[int, list[dict[str, Any]]]:
    """The rows of a query by position, each as its other columns."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(statement, [places])
        names = [column.name for column in cursor.description or ()][1:]
        for position, *values in cursor:
            found[position].append(dict(zip(names, values, strict=True)))
    return found


def register_stream() -> None:
    """Register the ledger's stream. Public has no ledger."""
    register(
        Stream(
            name="ledger",
            label=_("Ledger"),
            row_format=CURRENT,
            in_public=False,
            head=positions.current,
            rows=rows,
            genesis=genesis,
        )
    )
