"""The reasons that every tenant starts with; clones copy them from the template."""

from django.db import migrations

REASONS = [
    ("DAMAGED", "Damaged"),
    ("EXPIRED", "Expired"),
    ("FOUND", "Found"),
    ("LOST", "Lost or stolen"),
    ("MISCOUNTED", "Counted wrong before"),
    ("SAMPLE", "Given away as a sample"),
    ("SCRAPPED", "Scrapped"),
]


def add_reasons(apps, schema_editor):
    """Insert the list."""
    reason = apps.get_model("ledger", "AdjustmentReason")
    reason.objects.bulk_create([reason(code=code, name=name) for code, name in REASONS])


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_adjustments")]

    operations = [migrations.RunPython(add_reasons, migrations.RunPython.noop)]
