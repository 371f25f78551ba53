"""An index for each filter of the explorer, ended by its order; and counts per hour for its histogram."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0006_seals"),
    ]

    operations = [
        migrations.CreateModel(
            name="CountHead",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("number", models.BigIntegerField(default=0)),
                ("has_genesis", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="HourCount",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("hour", models.DateTimeField()),
                ("action", models.CharField(max_length=60)),
                ("outcome", models.CharField(max_length=8)),
                ("hub", models.BigIntegerField()),
                ("number", models.BigIntegerField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name="event",
            name="audit_event_request",
        ),
        migrations.RemoveIndex(
            model_name="event",
            name="audit_event_refusal",
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["request_id", "occurred_at", "id"], name="audit_event_request_time"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["outcome", "occurred_at", "id"], name="audit_event_outcome"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("outcome", "refused")),
                fields=["code", "occurred_at", "id"],
                name="audit_event_code",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("outcome", "refused")),
                fields=["reason", "occurred_at", "id"],
                name="audit_event_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("route", ""), _negated=True),
                fields=["route", "occurred_at", "id"],
                name="audit_event_route",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=django.contrib.postgres.indexes.GinIndex(fields=["hubs"], name="audit_event_hubs"),
        ),
        migrations.AddConstraint(
            model_name="counthead",
            constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="audit_counthead_one_row"),
        ),
        migrations.AddConstraint(
            model_name="hourcount",
            constraint=models.UniqueConstraint(
                fields=("hub", "hour", "action", "outcome"), include=("number",), name="audit_hourcount_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="hourcount",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gt", 0)), name="audit_hourcount_some"
            ),
        ),
        migrations.RunSQL(
            "INSERT INTO audit_counthead (id, number, has_genesis) VALUES (1, 0, false)",
            "DELETE FROM audit_counthead",
        ),
    ]
