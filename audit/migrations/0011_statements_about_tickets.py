"""What people say about tickets of support, and what the event of a question said when it was asked."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import asora.kernel.request_ids
from asora.kernel.append_only import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0010_numbers_of_looks"),
    ]

    operations = [
        migrations.AddField(
            model_name="supportquestion",
            name="facts",
            field=models.JSONField(default=dict),
        ),
        migrations.CreateModel(
            name="TicketStatement",
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
                ("ticket", models.UUIDField()),
                ("ticket_ref", models.CharField(max_length=16)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("answer", "answer"),
                            ("confirm", "confirmation that it is solved"),
                            ("reopen", "reopening"),
                            ("rate", "rating"),
                        ],
                        max_length=8,
                    ),
                ),
                ("is_good", models.BooleanField(null=True)),
                ("stated_by", models.CharField(max_length=40)),
                ("stated_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("request_id", models.CharField(max_length=64)),
                (
                    "statement",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.statement",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["ticket", "stated_at"], name="audit_ticketstatement_ticket")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind", "rate"), ("is_good__isnull", True), _connector="XOR"),
                        name="audit_ticketstatement_rating",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["answer", "reopen"]), ("statement__isnull", True), _negated=True
                        ),
                        name="audit_ticketstatement_says_something",
                    ),
                ],
            },
        ),
        MakeAppendOnly("ticketstatement"),
    ]
