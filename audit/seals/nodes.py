"""The stored nodes of a stream's tree: reading some of them with one query, and adding those of a seal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import DatabaseError, connection

from asora.kernel import binding
from audit.seals.merkle import Reader
from audit.seals.models import HASH_BYTES, SealNodes

#: How many nodes one row contains at most.
PER_ROW = 2_000
# The row of a node is the last one that begins at or before it. Only the hashes asked for are read from its value.
READ = """
SELECT asked.node, substring(found.hashes FROM ((asked.node - found.first_node) * 32 + 1)::int FOR 32)
FROM unnest(%s::bigint[]) AS asked (node)
CROSS JOIN LATERAL (
    SELECT first_node, hashes FROM {table} WHERE stream = %s AND first_node <= asked.node
    ORDER BY first_node DESC LIMIT 1
) found
"""
ADD = "INSERT INTO {table} (stream, first_node, hashes) SELECT %s, * FROM unnest(%s::bigint[], %s::bytea[])"
# Each seal begins a new row.
BETWEEN = """
SELECT first_node, hashes FROM {table} WHERE stream = %s AND first_node >= %s AND first_node < %s ORDER BY first_node
"""


def table() -> str:
    """The nodes of the bound schema. Named with its schema: the search path would go on to those of public."""
    return f"{connection.ops.quote_name(binding.schema_name())}.{SealNodes._meta.db_table}"


def reader(stream: str) -> Reader:
    """A reader of the nodes of a stream in the bound schema."""

    def read(numbers: Sequence[int]) -> Mapping[int, bytes]:
        with connection.cursor() as cursor:
            cursor.execute(READ.format(table=table()), [list(numbers), stream])
            return {number: bytes(node) for number, node in cursor.fetchall() if len(node) == HASH_BYTES}

    return read


def add(stream: str, *, first_node: int, hashes: bytes) -> None:
    """Add new nodes, 32 bytes each, in order. Raises DatabaseError unless all rows were inserted."""
    step = PER_ROW * HASH_BYTES
    parts = [hashes[start : start + step] for start in range(0, len(hashes), step)]
    firsts = [first_node + number * PER_ROW for number in range(len(parts))]
    with connection.cursor() as cursor:
        cursor.execute(ADD.format(table=table()), [stream, firsts, parts])
        if cursor.rowcount != len(parts):
            raise DatabaseError("nodes of a seal were not written")


def between(stream: str, first: int, end: int) -> bytes:
    """The stored nodes from number `first` up to `end` (excluded), 32 bytes each. Stops where one is missing."""
    found = bytearray()
    with connection.cursor() as cursor:
        cursor.execute(BETWEEN.format(table=table()), [stream, first, end])
        for start, hashes in cursor:
            if start != first + len(found) // HASH_BYTES:
                break
            found += hashes
    return bytes(found[: (end - first) * HASH_BYTES])
