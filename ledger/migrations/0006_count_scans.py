import django.db.models.deletion
from django.db import migrations, models

KEEP_LATEST = """
INSERT INTO ledger_countscan (line_id, scan) SELECT line_id, scan FROM ledger_countreading WHERE scan IS NOT NULL
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_counts")]

    operations = [
        migrations.CreateModel(
            name="CountScan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("scan", models.UUIDField()),
                (
                    "line",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="ledger.countline",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("line", "scan"), name="ledger_countscan_one")
                ],
            },
        ),
        migrations.RunSQL(KEEP_LATEST, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="countreading", name="scan"),
    ]
