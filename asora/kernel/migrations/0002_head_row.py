"""Every tenant has exactly one Head, from the start: clones copy it from the template."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "INSERT INTO kernel_head (id, position, recorded_at) VALUES (1, 0, now())",
            "DELETE FROM kernel_head",
        )
    ]
