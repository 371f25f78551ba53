"""Codes are unique by their key instead of their upper case. Apart from the keys, which are updates of the same rows."""

from django.db import migrations, models

ALONE = models.Q(("shares_code", False))


def _unique(model, *fields, name):
    return migrations.AddConstraint(
        model_name=model, constraint=models.UniqueConstraint(condition=ALONE, fields=fields, name=name)
    )


class Migration(migrations.Migration):
    dependencies = [("inventory", "0004_code_keys")]

    operations = [
        migrations.RemoveConstraint(model_name="category", name="inventory_category_code"),
        migrations.RemoveConstraint(model_name="hub", name="inventory_hub_code"),
        migrations.RemoveConstraint(model_name="bin", name="inventory_bin_code"),
        migrations.RemoveConstraint(model_name="vendor", name="inventory_vendor_code"),
        migrations.RemoveConstraint(model_name="item", name="inventory_item_sku"),
        migrations.RemoveIndex(model_name="barcode", name="inventory_barcode_upper"),
        migrations.AlterField(model_name="barcode", name="code", field=models.CharField(max_length=64)),
        _unique("category", "code_key", name="inventory_category_code"),
        _unique("hub", "code_key", name="inventory_hub_code"),
        _unique("bin", "hub", "code_key", name="inventory_bin_code"),
        _unique("vendor", "code_key", name="inventory_vendor_code"),
        _unique("item", "sku_key", name="inventory_item_sku"),
        _unique("barcode", "key", name="inventory_barcode_key"),
        migrations.AddIndex(
            model_name="bin", index=models.Index(fields=["hub", "code_key"], name="inventory_bin_by_key")
        ),
        migrations.AddIndex(
            model_name="item", index=models.Index(fields=["sku_key"], name="inventory_item_by_key")
        ),
        migrations.AddIndex(
            model_name="barcode", index=models.Index(fields=["key"], name="inventory_barcode_by_key")
        ),
    ]
