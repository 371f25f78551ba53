"""Searches that people save under a name; they can be deleted."""

import django.utils.timezone
from django.db import migrations, models

import asora.kernel.request_ids


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0008_last_allowed_events"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=asora.kernel.request_ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("query", models.TextField()),
                ("owner", models.CharField(max_length=40)),
                ("is_shared", models.BooleanField(default=False)),
                ("saved_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "saved search",
                "indexes": [
                    models.Index(fields=["is_shared", "name", "id"], name="audit_savedsearch_shared")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner", "name"), name="audit_savedsearch_owner_name_key"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="audit_savedsearch_named"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("query", ""), _negated=True), name="audit_savedsearch_asks"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("owner", ""), _negated=True), name="audit_savedsearch_owned"
                    ),
                ],
            },
        ),
    ]
