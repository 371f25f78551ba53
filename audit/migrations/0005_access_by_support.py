"""Tenants decide about access by support, and ask support questions. Of a statement only the text can be erased."""

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models

import asora.kernel.request_ids
from asora.kernel.append_only import MakeAppendOnly

ONLY_THE_TEXT = """
CREATE TRIGGER audit_statement_only_the_text BEFORE UPDATE ON audit_statement FOR EACH ROW
WHEN (
    NEW.text <> '' OR NEW.id IS DISTINCT FROM OLD.id OR NEW.author IS DISTINCT FROM OLD.author
    OR NEW.length IS DISTINCT FROM OLD.length OR NEW.stated_at IS DISTINCT FROM OLD.stated_at
)
EXECUTE FUNCTION public.asora_append_only()
"""
NO_DELETE = """
CREATE TRIGGER audit_statement_no_delete BEFORE DELETE OR TRUNCATE ON audit_statement FOR EACH STATEMENT
EXECUTE FUNCTION public.asora_append_only()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0004_labels"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("requires_approval", models.BooleanField()),
                ("decided_by", models.CharField(max_length=40)),
                ("decided_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("request_id", models.CharField(max_length=64)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Statement",
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
                ("author", models.CharField(max_length=40)),
                ("text", models.TextField()),
                ("length", models.PositiveIntegerField()),
                ("stated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("text", ""), _negated=True),
                        fields=["author"],
                        name="audit_statement_author",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("text", ""),
                            ("length", django.db.models.functions.text.Length("text")),
                            _connector="OR",
                        ),
                        name="audit_statement_length",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("length__gt", 0)), name="audit_statement_says_something"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccessDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("session", models.UUIDField()),
                (
                    "verdict",
                    models.CharField(
                        choices=[("approved", "approved"), ("refused", "refused"), ("revoked", "revoked")],
                        max_length=8,
                    ),
                ),
                ("decided_by", models.CharField(max_length=40)),
                ("decided_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("request_id", models.CharField(max_length=64)),
                (
                    "reason",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.statement",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("verdict__in", ["approved", "refused"])),
                        fields=("session",),
                        name="audit_accessdecision_answered_once",
                    ),
                    models.UniqueConstraint(fields=("session", "verdict"), name="audit_accessdecision_once"),
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["approved", "refused", "revoked"])),
                        name="audit_accessdecision_verdict",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SupportQuestion",
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
                ("about", models.CharField(max_length=64)),
                ("asked_by", models.CharField(max_length=40)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("request_id", models.CharField(max_length=64)),
                (
                    "statement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="audit.statement"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["asked_by", "asked_at", "id"], name="audit_question_asker"),
                    models.Index(fields=["about"], name="audit_question_request"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("about", ""), _negated=True),
                        name="audit_question_about_a_request",
                    )
                ],
            },
        ),
        MakeAppendOnly("accesspolicy"),
        MakeAppendOnly("accessdecision"),
        MakeAppendOnly("supportquestion"),
        migrations.RunSQL(ONLY_THE_TEXT),
        migrations.RunSQL(NO_DELETE),
    ]
