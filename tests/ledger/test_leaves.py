"""Rows of the ledger for seals: every column is in them, and parts can be replaced by their hashes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django.db import connection, models

from audit.seals import canonical
from audit.seals.canonical import joined_hash, part_hash
from inventory.actions.items import edit_item
from inventory.models import ItemRevision, ReorderRevision
from ledger.models import Entry, Kind, LayerUse, Posting
from ledger.proof import leaves
from ledger.proof.leaves import Leaf, Part
from plans.models import Tenant
from tests.factories.documents import post_movement
from tests.factories.master_data import MasterData
from tests.fixture_types import Acts

SALT = bytes(range(32))
SEALED: tuple[type[models.Model], ...] = (Posting, Entry, LayerUse, ItemRevision, ReorderRevision)


def all_leaves() -> list[Leaf]:
    return list(leaves.leaves(range(1, canonical.STREAMS["ledger"].head() + 1), row_format=1, salt=SALT))


def all_rows() -> list[tuple[int, bytes]]:
    stream = canonical.STREAMS["ledger"]
    return list(stream.rows(1, stream.head(), row_format=1, salt=SALT))


def test_format_1_of_a_leaf_never_changes() -> None:
    salt = bytes(range(16))
    leaf = Leaf(
        "posting",
        5,
        1,
        {"document": Part({"kind": "receipt"}, salt), "origin": Part({"actor_ref": "u-1"}, salt)},
        {"entries": [(Part({"quantity": Decimal("10.0000")}, salt), Part({"value": Decimal(1)}, salt))]},
    )
    assert leaf.row().decode() == (
        '{"document":"2f756c6f28b5a7315d02d5ba23885c878cdf9fa2153494a5dbaa2f7af22a6692",'
        '"entries":["63e4aaf625404c06a2b56ca2b38cc826ee9f2b6430540ff0269f268bd1ecb1ab"],'
        '"format":1,"origin":"a1b078985b130bc95ec017e2404bd7b47242ef397258e5f0328da1b259a3212b","position":5,"type":"posting"}'
    )


def test_reads_one_leaf_per_position(stocked: Any) -> None:
    found = all_leaves()
    assert [leaf.position for leaf in found] == list(range(1, canonical.STREAMS["ledger"].head() + 1))
    assert [position for position, _row in all_rows()] == [leaf.position for leaf in found]
    assert {leaf.type for leaf in found} == {"posting", "revision"}
    for leaf in found:
        row = json.loads(leaf.row())
        if leaf.type == "posting":
            posting = Posting.objects.get(position=leaf.position)
            assert leaf.parts["document"].values["reference"] == posting.reference
            entries = list(posting.entries.order_by("line").select_related("item", "bin", "hub"))
            assert [
                (quantities.values["sku"], quantities.values["bin"], quantities.values["quantity"])
                for quantities, _costs in leaf.lists["entries"]
            ] == [(entry.item.sku, entry.bin.code, entry.quantity) for entry in entries]
            # A reader with the hashes only computes the same row.
            quantities, costs = leaf.lists["entries"][0]
            hashes = [part_hash(part.salt, part.text) for part in (quantities, costs)]
            assert row["entries"][0] == joined_hash(hashes).hex()


def test_no_two_parts_share_a_salt(stocked: Any) -> None:
    salts = [
        part.salt
        for leaf in all_leaves()
        for part in (
            *leaf.parts.values(),
            *(part for groups in leaf.lists.values() for group in groups for part in group),
        )
    ]
    assert len(salts) > 10
    assert len(set(salts)) == len(salts)


def test_every_column_of_a_record_changes_its_row(
    ten_bolts: MasterData, act_as: Acts, acacia: Tenant
) -> None:
    post_movement(act_as("owner"), ten_bolts, Kind.ISSUE, ("BOLT", "NORTH/A-1", "3"))
    bolt = ten_bolts.items["BOLT"]
    bolt.refresh_from_db()
    edit_item(act_as("owner"), item=bolt, version=bolt.version, reorder_points={ten_bolts.north: Decimal(5)})
    before = all_rows()
    tables = [model for model in SEALED if model is not LayerUse or acacia.costing == "fifo"]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for model in tables:
            drop_guards(cursor, model._meta.db_table)
            for column in columns_of(cursor, model):
                cursor.execute("SAVEPOINT one")
                cursor.execute(f"UPDATE {model._meta.db_table} SET {column[0]} = {changed(*column)}")
                assert cursor.rowcount
                assert all_rows() != before, (model, column)
                cursor.execute("ROLLBACK TO one")
                assert all_rows() == before


def drop_guards(cursor: Any, table: str) -> None:
    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    cursor.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'f', 'p', 'u')",
        [table],
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name} CASCADE")


def columns_of(cursor: Any, model: type[models.Model]) -> list[tuple[str, str]]:
    cursor.execute(
        "SELECT column_name, udt_name FROM information_schema.columns"
        " WHERE table_schema = current_schema AND table_name = %s AND column_name <> 'id'",
        [model._meta.db_table],
    )
    found: list[tuple[str, str]] = cursor.fetchall()
    assert len(found) == len([field for field in model._meta.concrete_fields if field.column != "id"])
    return found


def changed(column: str, kind: str) -> str:
    match kind:
        case "text" | "varchar":
            return "'x'"
        case "uuid":
            return "gen_random_uuid()"
        case "date":
            return f"{column} - 1"
        case "timestamptz":
            return f"{column} - interval '1 day'"
        case "bool":
            return f"NOT {column}"
    return f"coalesce({column}, 0) + 1"


def test_a_new_column_leaves_rows_as_they_are(stocked: Any) -> None:
    before = all_rows()
    with connection.cursor() as cursor:
        for model in SEALED:
            cursor.execute(f"ALTER TABLE {model._meta.db_table} ADD COLUMN shoe_size int DEFAULT 43")
    assert all_rows() == before
