"""An index for the list of attempts, the latest first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0005_numbers_by_payloads"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(fields=["started_at", "id"], name="integrations_attempt_time"),
        ),
    ]
