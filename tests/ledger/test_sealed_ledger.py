"""The whole ledger as a proof, after somebody changed it as superuser: the program names the position."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from audit.seals import sealer
from inventory.models import ItemRevision
from ledger.models import Entry, Posting
from tests.audit.proof_files import check, whole_proof
from tests.factories.documents import receive
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts
from tests.ledger.report_fixtures import name_items

ROWS = 15
COPIED = "kind, reference, vendor_id, effective_on, recorded_at, actor_type, actor_ref, request_id, reason, note, batch"
INSERT_POSTING = (
    f"INSERT INTO ledger_posting (position, submission, {COPIED}) "
    f"SELECT 14, gen_random_uuid(), {COPIED} FROM ledger_posting WHERE position = 13"
)


@pytest.fixture
def tables(master_data: MasterData, act_as: Acts) -> Iterator[Any]:
    """A sealed ledger of three revisions and twelve receipts, and a cursor that no trigger or constraint stops."""
    name_items(master_data)
    for number in range(12):
        receive(act_as("owner"), master_data, ("BOLT", "NORTH/A-1", str(number + 1), "2"))
        if number % 4 == 3:
            sealer.seal_schema()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for model in (Posting, Entry, ItemRevision):
            table = model._meta.db_table
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('f', 'p', 'u')",
                [table],
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name} CASCADE")
        yield cursor


def test_a_whole_ledger_is_proved(tables: Any, tmp_path: Path) -> None:
    result = check(tmp_path / "empty", whole_proof("ledger"))
    assert (result.status, result.problems) == (0, []), result.output
    assert f"rows in this file: {ROWS} of {ROWS}, all as they were sealed" in result.output


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (["UPDATE ledger_entry SET quantity = quantity + 1 WHERE position = 8"], ["changed: position 8 is"]),
        (["UPDATE ledger_entry SET unit_cost = 9 WHERE position = 8"], ["changed: position 8 is"]),
        (["UPDATE ledger_posting SET note = 'forged' WHERE position = 8"], ["changed: position 8 is"]),
        (["UPDATE inventory_itemrevision SET name = 'x' WHERE position = 2"], ["changed: position 2 is"]),
        (["UPDATE inventory_item SET sku = 'NUT' WHERE sku = 'OIL'"], ["changed: position 2 is"]),
        (["DELETE FROM ledger_entry WHERE position = 8"], ["changed: position 8 is"]),
        (["DELETE FROM ledger_posting WHERE position = 8"], ["missing: position 8 was removed"]),
        (
            ["DELETE FROM ledger_posting WHERE position > 13"],
            ["missing: position 14 to 15 was removed at the end"],
        ),
        (
            [
                f"UPDATE {table} SET position = 19 - position WHERE position IN (8, 11)"
                for table in ("ledger_posting", "ledger_entry")
            ],
            ["changed: position 8 is", "changed: position 11 is"],
        ),
        (
            [
                "UPDATE ledger_posting SET position = position + 1 WHERE position >= 14",
                "UPDATE ledger_entry SET position = position + 1 WHERE position >= 14",
                INSERT_POSTING,
            ],
            ["changed: position 14 is", "changed: position 15 is"],
        ),
    ],
)
def test_names_the_position(tables: Any, statements: list[str], expected: list[str], tmp_path: Path) -> None:
    for statement in statements:
        tables.execute(statement)
        assert tables.rowcount
    result = check(tmp_path / "empty", whole_proof("ledger"))
    assert result.status == 1
    assert len(result.problems) == len(expected), result.output
    for problem, beginning in zip(result.problems, expected, strict=True):
        assert problem.startswith(beginning)
