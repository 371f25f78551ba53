"""Older codes that are equal are kept and marked, and the migration does not fail."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand

from asora.kernel import binding
from inventory.models import Barcode, Bin, Hub, Item
from plans import schemas
from tests.factories.items import default_category


def migrate(tenant: Any, *target: str) -> None:
    """Migrate to an app's migration, backwards too; without a target, everything to the latest one."""
    # The library's own command, as `plans.schemas` takes it.
    command, schema_name = MigrateSchemasCommand(), tenant.schema_name
    call_command(command, *target, schema_name=schema_name, interactive=False, verbosity=0)
    binding.bind_public()
    connection.set_tenant(tenant)


OLD = """
INSERT INTO inventory_category (code, name, created_at, version) VALUES ('GOODS', 'Goods', now(), 1);
INSERT INTO inventory_hub (code, name, created_at, version) VALUES ('North', 'N', now(), 1);
INSERT INTO inventory_bin (code, name, created_at, version, hub_id)
    SELECT 'Shelf-B', '', now(), 1, id FROM inventory_hub;
INSERT INTO inventory_item (sku, name, created_at, version, unit, decimals, standard_cost, is_moved, category_id)
    SELECT sku, 'Item', now(), 1, 'EA', 0, 0, false, inventory_category.id
    FROM inventory_category, unnest(ARRAY['A-1', 'B-1', 'C-1']) AS sku;
INSERT INTO inventory_barcode (code, item_id)
    SELECT code, inventory_item.id
    FROM (VALUES ('qrA1x', 'A-1'), ('QRa1X', 'B-1'), ('a-1', 'C-1'), ('c1', 'C-1'), ('C1', 'C-1'), ('lone', 'C-1'))
        AS pair (code, sku)
    JOIN inventory_item USING (sku) ORDER BY code COLLATE "C" DESC;
"""


def test_the_migration_keeps_and_marks_what_is_equal(committed_tenant: Any) -> None:
    tenant = committed_tenant()
    migrate(tenant, "inventory", "0003_reorder_revisions")  # and what depends on later ones
    with connection.cursor() as cursor:
        cursor.execute(OLD)
    migrate(tenant)
    assert schemas.problems(tenant.schema_name) == []
    connection.set_tenant(tenant)
    assert Hub.objects.get(code_key="NORTH").code == "North"
    assert Bin.objects.get(code_key="shelf-b").code == "Shelf-B"
    assert set(Item.objects.values_list("sku_key", "shares_code")) == {
        ("a-1", False),
        ("b-1", False),
        ("c-1", False),
    }
    # Of each pair the older row keeps its place in the index; a barcode that is another item's SKU never has one.
    assert set(Barcode.objects.values_list("code", "key", "shares_code")) == {
        ("qrA1x", "qra1x", False),
        ("QRa1X", "qra1x", True),
        ("a-1", "a-1", True),
        ("c1", "c1", False),
        ("C1", "c1", True),
        ("lone", "lone", False),
    }
    item = Item.objects.get(sku="A-1")
    with pytest.raises(IntegrityError, match="inventory_barcode_key"), transaction.atomic():
        Barcode.objects.create(code="QRA1X", item=item)
    with pytest.raises(IntegrityError, match="inventory_item_sku"), transaction.atomic():
        Item.objects.create(sku="a-1", name="Again", category=default_category(), unit="EA")
