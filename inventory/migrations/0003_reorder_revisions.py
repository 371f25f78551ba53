"""Reorder points are kept by position too, so that a reorder list can always be derived again."""

import django.db.models.deletion
from django.db import migrations, models

from asora.kernel.append_only import MakeAppendOnly

# When each point was set is not known. It holds from the beginning, so that what is exported from here on stays right.
KEEP_OWN = """
INSERT INTO inventory_reorderrevision (item_id, hub_id, position, quantity, unit, decimals)
SELECT item.id, NULL, 0, item.reorder_point, item.unit, item.decimals FROM inventory_item item
WHERE item.reorder_point IS NOT NULL AND item.archived_at IS NULL
"""
KEEP_HUBS = """
INSERT INTO inventory_reorderrevision (item_id, hub_id, position, quantity, unit, decimals)
SELECT point.item_id, point.hub_id, 0, point.quantity, item.unit, item.decimals
FROM inventory_reorderpoint point JOIN inventory_item item ON item.id = point.item_id
WHERE item.archived_at IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="ReorderRevision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.BigIntegerField()),
                ("quantity", models.DecimalField(decimal_places=4, max_digits=20, null=True)),
                ("unit", models.CharField(max_length=12)),
                ("decimals", models.PositiveSmallIntegerField()),
                (
                    "hub",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="inventory.hub",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reorder_revisions",
                        to="inventory.item",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("item", "hub", "position"),
                        name="inventory_reorderrevision_one",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("position__gte", 0)),
                        name="inventory_reorderrevision_position",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__isnull", True), ("quantity__gte", 0), _connector="OR"),
                        name="inventory_reorderrevision_quantity",
                    ),
                ],
            },
        ),
        MakeAppendOnly("reorderrevision"),
        migrations.RunSQL(KEEP_OWN, migrations.RunSQL.noop),
        migrations.RunSQL(KEEP_HUBS, migrations.RunSQL.noop),
    ]
