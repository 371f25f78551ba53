"""What finds the few codes that are shared, without reading all of them."""

from django.db import migrations, models

SHARED = models.Q(("shares_code", True))


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_one_rule_of_equality")]

    operations = [
        migrations.AddIndex(
            model_name="item",
            index=models.Index(condition=SHARED, fields=["sku_key"], name="inventory_item_shared"),
        ),
        migrations.AddIndex(
            model_name="barcode",
            index=models.Index(condition=SHARED, fields=["key"], name="inventory_barcode_shared"),
        ),
    ]
