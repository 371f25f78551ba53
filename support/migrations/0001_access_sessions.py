"""The access sessions of support agents."""

from datetime import timedelta

import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.db import migrations, models

import asora.kernel.request_ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("plans", "0004_confirmations_need_a_note"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessSession",
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
                ("agent", models.CharField(max_length=40)),
                ("ticket", models.CharField(blank=True, max_length=40)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("minutes", models.PositiveSmallIntegerField()),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("opened_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("request_id", models.CharField(max_length=64)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="access_sessions",
                        to="plans.tenant",
                    ),
                ),
            ],
            options={
                "verbose_name": "access session",
                "indexes": [
                    models.Index(fields=["agent", "tenant", "-requested_at"], name="support_access_agent"),
                    models.Index(fields=["tenant", "-requested_at"], name="support_access_tenant"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("minutes__gte", 1), ("minutes__lte", 60)),
                        name="support_access_minutes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("expires_at__isnull", True), ("opened_at__isnull", True)),
                            models.Q(
                                ("expires_at__gt", models.F("opened_at")),
                                ("expires_at__isnull", False),
                                (
                                    "expires_at__lte",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("opened_at"),
                                        "+",
                                        models.Value(timedelta(seconds=3600)),
                                    ),
                                ),
                                ("opened_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="support_access_at_most_an_hour",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("agent", ""), _negated=True), name="support_access_has_agent"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), ("ticket", ""), _negated=True),
                        name="support_access_says_why",
                    ),
                ],
            },
        ),
    ]
