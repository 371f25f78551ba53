"""What events say from now on: their number, and what gates read and changes touched. Events from before lack it.

The row from which numbers are taken is there from the start: clones copy it from the template.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="TrailHead",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("number", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="event",
            name="audit_event_sealing",
        ),
        migrations.AddField(
            model_name="event",
            name="duration_ms",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="event",
            name="hubs",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(), null=True, size=None
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="number",
            field=models.BigIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="event",
            name="release",
            field=models.CharField(blank=True, default="", max_length=20),
        ),
        migrations.AddField(
            model_name="event",
            name="rule_id",
            field=models.CharField(blank=True, default="", max_length=80),
        ),
        migrations.AddField(
            model_name="event",
            name="touched",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.TextField(), null=True, size=None
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="schema_version",
            field=models.PositiveSmallIntegerField(default=2),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("outcome", "refused")),
                fields=["rule_id", "occurred_at", "id"],
                name="audit_event_rule",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("cause_id", ""), _negated=True),
                fields=["cause_id", "occurred_at", "id"],
                name="audit_event_cause",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("outcome", "allowed")), fields=["touched"], name="audit_event_touched"
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.UniqueConstraint(fields=("number",), name="audit_event_number_key"),
        ),
        migrations.AddConstraint(
            model_name="trailhead",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="audit_trailhead_one_row"),
        ),
        migrations.AddConstraint(
            model_name="trailhead",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 0)), name="audit_trailhead_number"
            ),
        ),
        migrations.RunSQL(
            "INSERT INTO audit_trailhead (id, number) VALUES (1, 0)",
            "DELETE FROM audit_trailhead",
        ),
    ]
