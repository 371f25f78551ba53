"""The tables of the desk: clocks, knowledge, evidence, tickets, investigations, replies, escalations and mail."""

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models

import asora.kernel.request_ids
from asora.kernel.append_only import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("plans", "0004_confirmations_need_a_note"),
        ("support", "0003_erasable_reasons"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attachment",
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
                ("name", models.CharField(blank=True, max_length=120)),
                ("media_type", models.CharField(max_length=80)),
                ("size", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("content", models.BinaryField(null=True)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "attachment",
            },
        ),
        migrations.CreateModel(
            name="ClockEvent",
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
                ("subject", models.UUIDField()),
                ("clock", models.CharField(max_length=24)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("activate", "started"),
                            ("pause", "paused"),
                            ("resume", "resumed"),
                            ("fulfil", "met"),
                            ("cancel", "no longer needed"),
                            ("breach", "missed"),
                            ("policy_applied", "promised time applied"),
                        ],
                        max_length=16,
                    ),
                ),
                ("moment", models.DateTimeField()),
                ("number", models.PositiveIntegerField()),
                ("facts", models.JSONField(default=dict)),
                ("recorded_by", models.CharField(max_length=40)),
                ("request_id", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "clock event",
            },
        ),
        migrations.CreateModel(
            name="Determination",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("round", models.PositiveSmallIntegerField()),
                ("key", models.CharField(max_length=40)),
                ("facts", models.JSONField(default=dict)),
                ("determined_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("determined_by", models.CharField(max_length=40)),
                ("request_id", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "determination",
            },
        ),
        migrations.CreateModel(
            name="Draft",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("acknowledgement", "acknowledgement"),
                            ("info_request", "request for information"),
                            ("reply", "reply"),
                        ],
                        max_length=16,
                    ),
                ),
                ("template", models.CharField(blank=True, max_length=80)),
                ("template_version", models.PositiveIntegerField(null=True)),
                ("text", models.TextField(blank=True)),
                ("length", models.PositiveIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("waiting", "waiting for approval"),
                            ("sent", "sent"),
                            ("discarded", "discarded"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1)),
                ("ticket_revision", models.PositiveIntegerField()),
                ("overrides", models.JSONField(default=dict)),
                ("resolves", models.BooleanField(default=False)),
                ("next_update_at", models.DateTimeField(null=True)),
                ("author", models.CharField(max_length=40)),
                ("begun_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("request_id", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "draft",
            },
        ),
        migrations.CreateModel(
            name="EngineeringCase",
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
                ("number", models.PositiveIntegerField(unique=True)),
                (
                    "criterion",
                    models.CharField(
                        choices=[
                            ("guarantee", "a guarantee is violated"),
                            ("determinism", "determinism is broken"),
                            ("integrity", "data integrity is at risk"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "waiting for review"),
                            ("open", "open"),
                            ("committed", "date committed"),
                            ("returned", "returned: no guarantee is concerned"),
                            ("solved", "solved"),
                        ],
                        default="proposed",
                        max_length=10,
                    ),
                ),
                ("hand_over", models.JSONField()),
                ("checklist", models.JSONField()),
                ("proposed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("proposed_by", models.CharField(max_length=40)),
                ("reviewed_at", models.DateTimeField(null=True)),
                ("reviewed_by", models.CharField(blank=True, max_length=40)),
                ("is_confirmed", models.BooleanField(default=False)),
                ("committed_for", models.DateField(null=True)),
                ("answered_by", models.CharField(blank=True, max_length=40)),
                ("answered_at", models.DateTimeField(null=True)),
                ("answer", models.CharField(blank=True, max_length=4000)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("request_id", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "engineering case",
            },
        ),
        migrations.CreateModel(
            name="EvidencePack",
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
                ("purpose", models.CharField(max_length=80)),
                ("is_external", models.BooleanField()),
                ("recipient_length", models.PositiveSmallIntegerField(default=0)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.BigIntegerField()),
                ("members", models.JSONField()),
                ("people", models.JSONField(default=list)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("made_by", models.CharField(max_length=40)),
                ("expires_at", models.DateTimeField()),
                ("request_id", models.CharField(max_length=64)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence_packs",
                        to="plans.tenant",
                    ),
                ),
            ],
            options={
                "verbose_name": "evidence pack",
            },
        ),
        migrations.CreateModel(
            name="GuaranteeCheck",
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
                ("guarantee", models.CharField(max_length=40)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("holds", "holds"),
                            ("violated", "violated"),
                            ("unknown", "cannot be checked"),
                        ],
                        max_length=10,
                    ),
                ),
                ("findings", models.JSONField(default=dict)),
                ("checked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("checked_by", models.CharField(max_length=40)),
                ("request_id", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "check of a guarantee",
            },
        ),
        migrations.CreateModel(
            name="Ticket",
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
                ("number", models.PositiveIntegerField(unique=True)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("question", "question in the product"),
                            ("hand", "entered by an agent"),
                            ("mail", "e-mail"),
                            ("system", "opened by Asora"),
                        ],
                        max_length=8,
                    ),
                ),
                ("origin", models.UUIDField(null=True)),
                ("subject", models.CharField(max_length=160)),
                ("subject_length", models.PositiveSmallIntegerField()),
                ("reporter", models.CharField(blank=True, max_length=40)),
                ("about", models.CharField(blank=True, max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "new"),
                            ("acknowledged", "acknowledged"),
                            ("triaged", "triaged"),
                            ("investigating", "investigating"),
                            ("waiting_customer", "waiting for the customer"),
                            ("waiting_engineering", "waiting for engineering"),
                            ("waiting_commercial", "waiting for sales"),
                            ("on_incident", "attached to an incident"),
                            ("resolved", "resolved"),
                            ("closed", "closed"),
                            ("duplicate", "duplicate"),
                        ],
                        default="new",
                        max_length=20,
                    ),
                ),
                (
                    "queue",
                    models.CharField(
                        choices=[
                            ("l1", "Level 1"),
                            ("l2", "Level 2"),
                            ("l3", "Level 3"),
                            ("security", "Security"),
                            ("commercial", "Commercial"),
                        ],
                        default="l1",
                        max_length=12,
                    ),
                ),
                ("assignee", models.CharField(blank=True, max_length=40)),
                (
                    "category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("A", "Authentication"),
                            ("B", "Authorization or permission"),
                            ("C", "Plan enforcement"),
                            ("D", "Validation error"),
                            ("E", "Inventory discrepancy"),
                            ("F", "Export or report"),
                            ("G", "Integration"),
                            ("H", "Suspected bug"),
                        ],
                        max_length=1,
                    ),
                ),
                ("severity", models.PositiveSmallIntegerField(null=True)),
                (
                    "issue_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("bug", "bug"),
                            ("question", "question"),
                            ("configuration", "configuration"),
                            ("incident", "incident"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "environment",
                    models.CharField(
                        choices=[
                            ("production", "production"),
                            ("trial", "trial tenant"),
                            ("development", "development"),
                            ("unknown", "unknown"),
                        ],
                        default="unknown",
                        max_length=12,
                    ),
                ),
                ("component", models.CharField(blank=True, max_length=40)),
                ("code", models.CharField(blank=True, max_length=32)),
                ("action", models.CharField(blank=True, max_length=80)),
                ("reason", models.CharField(blank=True, max_length=64)),
                ("is_security", models.BooleanField(default=False)),
                ("is_doc_gap", models.BooleanField(default=False)),
                (
                    "close_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("solved", "solved"),
                            ("configuration", "configuration"),
                            ("expected", "expected behaviour"),
                            ("known_issue", "known issue"),
                            ("plan_constraint", "plan limit"),
                            ("commercial_routed", "passed to sales"),
                            ("exception_refused", "exception refused"),
                            ("feature_logged", "feature request logged"),
                            ("outside_scope", "outside the scope of Asora"),
                            ("not_reproducible", "not reproducible"),
                            ("engineering_fixed", "fixed by engineering"),
                            ("incident_resolved", "incident resolved"),
                        ],
                        max_length=20,
                    ),
                ),
                ("is_confirmed", models.BooleanField(null=True)),
                ("reminders", models.PositiveSmallIntegerField(default=0)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("reopened", models.PositiveSmallIntegerField(default=0)),
                ("request_id", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "ticket",
            },
        ),
        migrations.CreateModel(
            name="KnownIssue",
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
                ("ref", models.CharField(max_length=16, unique=True)),
                ("title", models.CharField(max_length=160)),
                ("code", models.CharField(blank=True, max_length=32)),
                ("action", models.CharField(blank=True, max_length=80)),
                ("reason", models.CharField(blank=True, max_length=64)),
                ("since_release", models.CharField(blank=True, max_length=20)),
                ("fixed_in", models.CharField(blank=True, max_length=20)),
                ("workaround", models.TextField(blank=True)),
                ("is_public", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("fixed", "fixed"), ("withdrawn", "withdrawn")],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("revision", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "known issue",
            },
        ),
        migrations.CreateModel(
            name="Message",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("question", "question"),
                            ("answer", "answer of the customer"),
                            ("acknowledgement", "acknowledgement"),
                            ("info_request", "request for information"),
                            ("reply", "reply"),
                            ("reminder", "reminder"),
                            ("note", "internal note"),
                            ("system", "entry of Asora"),
                        ],
                        max_length=16,
                    ),
                ),
                ("author_type", models.CharField(max_length=10)),
                ("author", models.CharField(blank=True, max_length=80)),
                ("text", models.TextField(blank=True)),
                ("length", models.PositiveIntegerField()),
                ("is_internal", models.BooleanField()),
                ("channel", models.CharField(default="web", max_length=8)),
                ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("origin", models.UUIDField(null=True)),
                ("revision", models.PositiveIntegerField()),
                ("request_id", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "message",
            },
        ),
        migrations.CreateModel(
            name="OutboundMail",
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
                ("header_id", models.CharField(max_length=200, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "queued"), ("sent", "sent"), ("failed", "failed")],
                        default="queued",
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("queued_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("sent_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "outbound mail",
            },
        ),
        migrations.CreateModel(
            name="Page",
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
                ("subject", models.UUIDField()),
                ("subject_ref", models.CharField(max_length=24)),
                ("severity", models.PositiveSmallIntegerField(null=True)),
                ("is_security", models.BooleanField(default=False)),
                (
                    "duty",
                    models.CharField(
                        choices=[
                            ("on_call", "on call"),
                            ("backup", "backup"),
                            ("platform_lead", "platform lead"),
                            ("security", "security"),
                            ("support_lead", "support lead"),
                            ("commercial", "commercial"),
                        ],
                        max_length=16,
                    ),
                ),
                ("level", models.PositiveSmallIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("sent", "sent"),
                            ("acknowledged", "acknowledged"),
                            ("passed_on", "passed on"),
                        ],
                        default="sent",
                        max_length=12,
                    ),
                ),
                ("sent_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField(null=True)),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("acknowledged_by", models.CharField(blank=True, max_length=40)),
                ("request_id", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "page",
            },
        ),
        migrations.CreateModel(
            name="Participant",
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
                ("person", models.CharField(blank=True, max_length=40)),
                ("address", models.CharField(blank=True, max_length=254)),
                ("name", models.CharField(blank=True, max_length=120)),
                ("digest", models.CharField(max_length=64)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "participant",
            },
        ),
        migrations.CreateModel(
            name="Presence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("agent", models.CharField(max_length=40)),
                ("seen_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("is_writing", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name": "presence",
            },
        ),
        migrations.CreateModel(
            name="RequiredInfo",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=24)),
                (
                    "state",
                    models.CharField(
                        choices=[("missing", "missing"), ("requested", "requested"), ("given", "given")],
                        default="missing",
                        max_length=10,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        choices=[("evidence", "evidence"), ("customer", "customer"), ("agent", "agent")],
                        max_length=10,
                    ),
                ),
                ("value", models.TextField(blank=True)),
                ("author", models.CharField(blank=True, max_length=80)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "required information",
            },
        ),
        migrations.CreateModel(
            name="Signature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=32)),
                ("action", models.CharField(blank=True, max_length=80)),
                ("reason", models.CharField(blank=True, max_length=64)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("added_by", models.CharField(max_length=40)),
            ],
            options={
                "verbose_name": "signature",
            },
        ),
        migrations.CreateModel(
            name="SlaPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(unique=True)),
                ("reason", models.CharField(max_length=500)),
                ("published_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("published_by", models.CharField(max_length=40)),
                ("request_id", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "policy of promised times",
                "verbose_name_plural": "policies of promised times",
            },
        ),
        migrations.CreateModel(
            name="SlaTarget",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("clock", models.CharField(max_length=24)),
                ("severity", models.PositiveSmallIntegerField(null=True)),
                ("category", models.CharField(blank=True, max_length=1)),
                ("queue", models.CharField(blank=True, max_length=12)),
                ("amount", models.PositiveIntegerField()),
                (
                    "unit",
                    models.CharField(
                        choices=[
                            ("minutes", "minutes"),
                            ("business_minutes", "business minutes"),
                            ("business_days", "business days"),
                            ("same_business_day", "same business day"),
                        ],
                        max_length=20,
                    ),
                ),
                ("pauses", models.BooleanField()),
            ],
            options={
                "verbose_name": "promised time",
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("round", models.PositiveSmallIntegerField()),
                ("number", models.PositiveSmallIntegerField()),
                ("findings", models.JSONField()),
                ("done_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("done_by", models.CharField(max_length=40)),
                ("request_id", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "step of an investigation",
            },
        ),
        migrations.CreateModel(
            name="StepEvidence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
            options={
                "verbose_name": "evidence of a step",
            },
        ),
        migrations.CreateModel(
            name="TicketLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("related", "related"), ("duplicate", "duplicate")], max_length=10
                    ),
                ),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("made_by", models.CharField(max_length=40)),
                ("removed_at", models.DateTimeField(null=True)),
                ("removed_by", models.CharField(blank=True, max_length=40)),
            ],
            options={
                "verbose_name": "link of tickets",
            },
        ),
        migrations.CreateModel(
            name="TicketNumber",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("last", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Calendar",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=40)),
                ("version", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=80)),
                ("time_zone", models.CharField(max_length=60)),
                ("hours", models.JSONField()),
                ("holidays", models.JSONField(default=list)),
                ("published_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("published_by", models.CharField(max_length=40)),
                ("request_id", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "calendar",
                "constraints": [
                    models.UniqueConstraint(fields=("key", "version"), name="support_calendar_version")
                ],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "duty",
                    models.CharField(
                        choices=[
                            ("on_call", "on call"),
                            ("backup", "backup"),
                            ("platform_lead", "platform lead"),
                            ("security", "security"),
                            ("support_lead", "support lead"),
                            ("commercial", "commercial"),
                        ],
                        max_length=16,
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("email", models.EmailField(max_length=254)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("notes", models.CharField(blank=True, max_length=300)),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "contact",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True)), fields=("duty",), name="support_contact_duty"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("draft_revision", models.PositiveIntegerField()),
                ("ticket_revision", models.PositiveIntegerField()),
                ("text_hash", models.CharField(max_length=64)),
                (
                    "verdict",
                    models.CharField(
                        choices=[("approved", "approved"), ("returned", "returned")], max_length=10
                    ),
                ),
                ("remark", models.CharField(blank=True, max_length=500)),
                ("decided_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("decided_by", models.CharField(max_length=40)),
                ("request_id", models.CharField(max_length=64)),
                (
                    "draft",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="approvals",
                        to="support.draft",
                    ),
                ),
            ],
            options={
                "verbose_name": "approval",
            },
        ),
        migrations.CreateModel(
            name="CaseEvidence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="support.engineeringcase",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Entry",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("playbook", "playbook"),
                            ("phrase_rule", "phrase rule"),
                            ("reply_template", "reply template"),
                            ("error_guide", "error guide"),
                            ("article", "article"),
                            ("policy", "policy"),
                            ("manual", "manual"),
                        ],
                        max_length=16,
                    ),
                ),
                ("key", models.CharField(max_length=80)),
                ("version", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=160)),
                ("body", models.TextField(blank=True)),
                ("rule", models.JSONField(default=dict)),
                ("is_withdrawn", models.BooleanField(default=False)),
                ("next_review", models.DateField(null=True)),
                ("release", models.CharField(blank=True, max_length=20)),
                ("published_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("published_by", models.CharField(max_length=40)),
                ("request_id", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "knowledge entry",
                "verbose_name_plural": "knowledge entries",
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "key", "version"), name="support_entry_version")
                ],
            },
        ),
        migrations.CreateModel(
            name="EvidenceLink",
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
                (
                    "kind",
                    models.CharField(
                        choices=[("event", "audit event"), ("attempt", "sign-in attempt, not sealed")],
                        default="event",
                        max_length=8,
                    ),
                ),
                ("record", models.CharField(max_length=40)),
                ("request_id", models.CharField(max_length=64)),
                ("occurred_at", models.DateTimeField()),
                ("action", models.CharField(max_length=80)),
                ("outcome", models.CharField(max_length=10)),
                ("code", models.CharField(blank=True, max_length=32)),
                ("reason", models.CharField(blank=True, max_length=64)),
                ("rule_id", models.CharField(blank=True, max_length=100)),
                ("number", models.BigIntegerField(null=True)),
                ("event_hash", models.CharField(blank=True, max_length=64)),
                ("seal_size", models.BigIntegerField(null=True)),
                ("facts", models.JSONField(default=dict)),
                ("linked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("linked_by", models.CharField(max_length=40)),
                ("access", models.UUIDField()),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="plans.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "evidence link",
            },
        ),
        migrations.AddField(
            model_name="engineeringcase",
            name="links",
            field=models.ManyToManyField(
                related_name="+", through="support.CaseEvidence", to="support.evidencelink"
            ),
        ),
        migrations.CreateModel(
            name="DeterminationEvidence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "determination",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="support.determination",
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="support.evidencelink",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="determination",
            name="links",
            field=models.ManyToManyField(
                related_name="+", through="support.DeterminationEvidence", to="support.evidencelink"
            ),
        ),
        migrations.AddField(
            model_name="caseevidence",
            name="link",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="support.evidencelink"
            ),
        ),
        migrations.CreateModel(
            name="EvidencePackFile",
            fields=[
                (
                    "pack",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="file",
                        serialize=False,
                        to="support.evidencepack",
                    ),
                ),
                ("content", models.BinaryField()),
                ("recipient", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "verbose_name": "evidence pack file",
            },
        ),
        migrations.AddField(
            model_name="engineeringcase",
            name="pack",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="support.evidencepack",
            ),
        ),
        migrations.CreateModel(
            name="Footnote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="support.evidencelink",
                    ),
                ),
            ],
            options={
                "verbose_name": "footnote",
            },
        ),
        migrations.CreateModel(
            name="Incident",
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
                ("number", models.PositiveIntegerField(unique=True)),
                ("title", models.CharField(max_length=160)),
                ("severity", models.PositiveSmallIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("mitigated", "mitigated"), ("resolved", "resolved")],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("opened_by", models.CharField(max_length=40)),
                ("mitigated_at", models.DateTimeField(null=True)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("request_id", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "incident",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", [1, 2, 3, 4])), name="support_incident_severity"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "resolved"), ("resolved_at__isnull", True), _connector="XOR"
                        ),
                        name="support_incident_resolved",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IncidentEntry",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("update", "update"),
                            ("notice", "notice to customers"),
                            ("state", "change of state"),
                            ("root_cause", "root cause"),
                            ("lesson", "lesson"),
                        ],
                        max_length=12,
                    ),
                ),
                ("text", models.CharField(max_length=4000)),
                ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("written_by", models.CharField(max_length=40)),
                ("request_id", models.CharField(max_length=64)),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="support.incident",
                    ),
                ),
            ],
            options={
                "verbose_name": "incident entry",
                "verbose_name_plural": "incident entries",
            },
        ),
        migrations.CreateModel(
            name="Investigation",
            fields=[
                (
                    "ticket",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="investigation",
                        serialize=False,
                        to="support.ticket",
                    ),
                ),
                ("step", models.PositiveSmallIntegerField(default=0)),
                ("round", models.PositiveSmallIntegerField(default=1)),
                ("begun_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("begun_by", models.CharField(max_length=40)),
                ("request_id", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "investigation",
            },
        ),
        migrations.CreateModel(
            name="Satisfaction",
            fields=[
                (
                    "ticket",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="satisfaction",
                        serialize=False,
                        to="support.ticket",
                    ),
                ),
                ("is_good", models.BooleanField()),
                ("given_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("given_by", models.CharField(max_length=80)),
            ],
            options={
                "verbose_name": "satisfaction",
            },
        ),
        migrations.CreateModel(
            name="TicketState",
            fields=[
                (
                    "ticket",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="before_merge",
                        serialize=False,
                        to="support.ticket",
                    ),
                ),
                ("values_before", models.JSONField()),
            ],
            options={
                "verbose_name": "state before a merge",
            },
        ),
        migrations.AddField(
            model_name="ticket",
            name="incident",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tickets",
                to="support.incident",
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="merged_into",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="support.ticket",
            ),
        ),
        migrations.AddField(
            model_name="ticket",
            name="tenant",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tickets",
                to="plans.tenant",
            ),
        ),
        migrations.CreateModel(
            name="InboundMail",
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
                ("message_id_hash", models.CharField(max_length=64, unique=True)),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("sender", models.CharField(max_length=64)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("answer", "added to a ticket"),
                            ("new_ticket", "opened a ticket without tenant"),
                            ("automatic", "automatic mail, recorded only"),
                            ("refused", "refused"),
                            ("limited", "too many from this sender"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=40)),
                ("size", models.PositiveIntegerField()),
                ("channel", models.CharField(max_length=8)),
                (
                    "ticket",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="support.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "inbound mail",
            },
        ),
        migrations.CreateModel(
            name="FeatureRequest",
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
                ("number", models.PositiveIntegerField(unique=True)),
                ("title", models.CharField(max_length=160)),
                ("segment", models.CharField(max_length=80)),
                ("use_case", models.CharField(max_length=2000)),
                ("workaround", models.CharField(blank=True, max_length=1000)),
                ("impact", models.CharField(max_length=1000)),
                ("similar", models.PositiveIntegerField(default=0)),
                ("logged_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("logged_by", models.CharField(max_length=40)),
                ("request_id", models.CharField(max_length=64)),
                (
                    "ticket",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feature_request",
                        to="support.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "feature request",
            },
        ),
        migrations.AddField(
            model_name="engineeringcase",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="support.ticket"
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="drafts", to="support.ticket"
            ),
        ),
        migrations.CreateModel(
            name="CommercialReferral",
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
                ("plan", models.CharField(max_length=24)),
                ("usage", models.JSONField()),
                ("wish", models.CharField(max_length=1000)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("answered", "answered")], default="open", max_length=10
                    ),
                ),
                ("answer", models.CharField(blank=True, max_length=1000)),
                ("referred_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("referred_by", models.CharField(max_length=40)),
                ("answered_at", models.DateTimeField(null=True)),
                ("request_id", models.CharField(max_length=64)),
                (
                    "ticket",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referral",
                        to="support.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "commercial referral",
            },
        ),
        migrations.CreateModel(
            name="Classification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("A", "Authentication"),
                            ("B", "Authorization or permission"),
                            ("C", "Plan enforcement"),
                            ("D", "Validation error"),
                            ("E", "Inventory discrepancy"),
                            ("F", "Export or report"),
                            ("G", "Integration"),
                            ("H", "Suspected bug"),
                        ],
                        max_length=1,
                    ),
                ),
                ("severity", models.PositiveSmallIntegerField()),
                ("issue_type", models.CharField(max_length=16)),
                ("environment", models.CharField(max_length=12)),
                ("component", models.CharField(blank=True, max_length=40)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("classified_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("classified_by", models.CharField(max_length=40)),
                ("request_id", models.CharField(max_length=64)),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="classifications",
                        to="support.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "classification",
            },
        ),
        migrations.AddField(
            model_name="ticket",
            name="known_issue",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tickets",
                to="support.knownissue",
            ),
        ),
        migrations.AddIndex(
            model_name="knownissue",
            index=models.Index(fields=["code", "action", "reason"], name="support_knownissue_signature"),
        ),
        migrations.AddConstraint(
            model_name="knownissue",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["open", "fixed", "withdrawn"])),
                name="support_knownissue_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="knownissue",
            constraint=models.CheckConstraint(
                condition=models.Q(("fixed_in", ""), ("state", "fixed"), _negated=True),
                name="support_knownissue_says_where_fixed",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="support.ticket"
            ),
        ),
        migrations.AddField(
            model_name="footnote",
            name="message",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="footnotes", to="support.message"
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="message",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="draft",
                to="support.message",
            ),
        ),
        migrations.AddField(
            model_name="attachment",
            name="message",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="attachments", to="support.message"
            ),
        ),
        migrations.AddField(
            model_name="outboundmail",
            name="message",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="mails", to="support.message"
            ),
        ),
        migrations.AddIndex(
            model_name="page",
            index=models.Index(fields=["state", "due_at"], name="support_page_due"),
        ),
        migrations.AddConstraint(
            model_name="page",
            constraint=models.UniqueConstraint(fields=("subject", "level", "duty"), name="support_page_once"),
        ),
        migrations.AddConstraint(
            model_name="page",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "acknowledged"), ("acknowledged_at__isnull", True), _connector="XOR"
                ),
                name="support_page_acknowledged",
            ),
        ),
        migrations.AddField(
            model_name="participant",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="participants", to="support.ticket"
            ),
        ),
        migrations.AddField(
            model_name="outboundmail",
            name="participant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="mails", to="support.participant"
            ),
        ),
        migrations.AddField(
            model_name="presence",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="presences", to="support.ticket"
            ),
        ),
        migrations.AddField(
            model_name="requiredinfo",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="required_info", to="support.ticket"
            ),
        ),
        migrations.AddField(
            model_name="signature",
            name="incident",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="signatures", to="support.incident"
            ),
        ),
        migrations.AddField(
            model_name="slatarget",
            name="calendar",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="support.calendar",
            ),
        ),
        migrations.AddField(
            model_name="slatarget",
            name="policy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="targets", to="support.slapolicy"
            ),
        ),
        migrations.AddField(
            model_name="clockevent",
            name="target",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="support.slatarget",
            ),
        ),
        migrations.AddField(
            model_name="stepevidence",
            name="link",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="support.evidencelink"
            ),
        ),
        migrations.AddField(
            model_name="stepevidence",
            name="step",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="evidence", to="support.step"
            ),
        ),
        migrations.AddField(
            model_name="ticketlink",
            name="other",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="linked_from", to="support.ticket"
            ),
        ),
        migrations.AddField(
            model_name="ticketlink",
            name="ticket",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="links", to="support.ticket"
            ),
        ),
        migrations.AddConstraint(
            model_name="ticketnumber",
            constraint=models.CheckConstraint(
                condition=models.Q(("id", 1)), name="support_ticketnumber_one_row"
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(
                fields=("draft", "draft_revision", "ticket_revision", "decided_by"),
                name="support_approval_once",
            ),
        ),
        migrations.AddIndex(
            model_name="evidencelink",
            index=models.Index(fields=["tenant", "request_id"], name="support_evidence_request"),
        ),
        migrations.AddConstraint(
            model_name="evidencelink",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "attempt"),
                    models.Q(models.Q(("event_hash", ""), _negated=True), ("number__isnull", False)),
                    _connector="OR",
                ),
                name="support_evidence_event_has_hash",
            ),
        ),
        migrations.AddConstraint(
            model_name="determinationevidence",
            constraint=models.UniqueConstraint(
                fields=("determination", "link"), name="support_determinationevidence_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="caseevidence",
            constraint=models.UniqueConstraint(fields=("case", "link"), name="support_caseevidence_once"),
        ),
        migrations.AddIndex(
            model_name="evidencepack",
            index=models.Index(fields=["tenant", "-made_at"], name="support_pack_tenant"),
        ),
        migrations.AddIndex(
            model_name="incidententry",
            index=models.Index(fields=["incident", "written_at"], name="support_incidententry_order"),
        ),
        migrations.AddField(
            model_name="step",
            name="investigation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="support.investigation"
            ),
        ),
        migrations.AddConstraint(
            model_name="investigation",
            constraint=models.CheckConstraint(
                condition=models.Q(("step__gte", 0), ("step__lte", 5)), name="support_investigation_step"
            ),
        ),
        migrations.AddField(
            model_name="guaranteecheck",
            name="investigation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="checks", to="support.investigation"
            ),
        ),
        migrations.AddField(
            model_name="determination",
            name="investigation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="determinations",
                to="support.investigation",
            ),
        ),
        migrations.AddIndex(
            model_name="inboundmail",
            index=models.Index(fields=["sender", "received_at"], name="support_inbound_sender"),
        ),
        migrations.AddConstraint(
            model_name="engineeringcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reviewed_by", models.F("proposed_by")), _negated=True),
                    ("reviewed_by", ""),
                    _connector="OR",
                ),
                name="support_engineeringcase_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="engineeringcase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "proposed"), models.Q(("reviewed_by", ""), _negated=True), _connector="OR"
                ),
                name="support_engineeringcase_reviewed",
            ),
        ),
        migrations.AddConstraint(
            model_name="engineeringcase",
            constraint=models.CheckConstraint(
                condition=models.Q(("committed_for__isnull", True), ("state", "committed"), _negated=True),
                name="support_engineeringcase_committed",
            ),
        ),
        migrations.AddConstraint(
            model_name="engineeringcase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["proposed", "open", "committed"])),
                fields=("ticket",),
                name="support_engineeringcase_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="commercialreferral",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "answered"), ("answered_at__isnull", True), _connector="XOR"),
                name="support_commercialreferral_answered",
            ),
        ),
        migrations.AddConstraint(
            model_name="classification",
            constraint=models.CheckConstraint(
                condition=models.Q(("category__in", ["A", "B", "C", "D", "E", "F", "G", "H"])),
                name="support_classification_category",
            ),
        ),
        migrations.AddConstraint(
            model_name="classification",
            constraint=models.CheckConstraint(
                condition=models.Q(("severity__in", [1, 2, 3, 4])), name="support_classification_severity"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["queue", "state", "opened_at", "id"], name="support_ticket_queue"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["tenant", "-opened_at", "id"], name="support_ticket_tenant"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["assignee", "state"], name="support_ticket_assignee"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                fields=["code", "action", "reason", "opened_at"], name="support_ticket_signature"
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.UniqueConstraint(
                condition=models.Q(("origin__isnull", False)),
                fields=("tenant", "origin"),
                name="support_ticket_origin",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("category__in", ["", "A", "B", "C", "D", "E", "F", "G", "H"])),
                name="support_ticket_category",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("category", ""), _negated=True),
                    ("state__in", ["new", "acknowledged", "duplicate"]),
                    _connector="OR",
                ),
                name="support_ticket_category_before_triage",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("severity__isnull", True), ("severity__in", [1, 2, 3, 4]), _connector="OR"
                ),
                name="support_ticket_severity",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "new",
                            "acknowledged",
                            "triaged",
                            "investigating",
                            "waiting_customer",
                            "waiting_engineering",
                            "waiting_commercial",
                            "on_incident",
                            "resolved",
                            "closed",
                            "duplicate",
                        ],
                    )
                ),
                name="support_ticket_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "closed"), ("closed_at__isnull", True), _connector="XOR"),
                name="support_ticket_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("close_reason", ""), ("state__in", ["resolved", "closed"]), _negated=True
                ),
                name="support_ticket_says_how",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "duplicate"), ("merged_into__isnull", True), _connector="XOR"),
                name="support_ticket_merged",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("incident__isnull", True), ("state", "on_incident"), _negated=True),
                name="support_ticket_on_incident",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("subject", ""),
                    ("subject_length", django.db.models.functions.text.Length("subject")),
                    _connector="OR",
                ),
                name="support_ticket_subject_length",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["ticket", "written_at", "id"], name="support_message_order"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("text", ""), _negated=True),
                fields=["author"],
                name="support_message_author",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                condition=models.Q(("origin__isnull", False)),
                fields=("ticket", "origin"),
                name="support_message_origin",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("text", ""), ("length", django.db.models.functions.text.Length("text")), _connector="OR"
                ),
                name="support_message_length",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "note"), _negated=True), ("is_internal", True), _connector="OR"
                ),
                name="support_message_note_is_internal",
            ),
        ),
        migrations.AddConstraint(
            model_name="footnote",
            constraint=models.UniqueConstraint(fields=("message", "number"), name="support_footnote_number"),
        ),
        migrations.AddConstraint(
            model_name="footnote",
            constraint=models.UniqueConstraint(fields=("message", "link"), name="support_footnote_link"),
        ),
        migrations.AddIndex(
            model_name="draft",
            index=models.Index(fields=["ticket", "-changed_at"], name="support_draft_ticket"),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "sent"), ("message__isnull", True), _connector="XOR"),
                name="support_draft_sent_has_message",
            ),
        ),
        migrations.AddIndex(
            model_name="participant",
            index=models.Index(fields=["digest"], name="support_participant_digest"),
        ),
        migrations.AddConstraint(
            model_name="participant",
            constraint=models.UniqueConstraint(fields=("ticket", "digest"), name="support_participant_once"),
        ),
        migrations.AddIndex(
            model_name="outboundmail",
            index=models.Index(fields=["state", "queued_at"], name="support_outbound_state"),
        ),
        migrations.AddConstraint(
            model_name="outboundmail",
            constraint=models.UniqueConstraint(
                fields=("message", "participant"), name="support_outbound_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="outboundmail",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "sent"), ("sent_at__isnull", True), _connector="XOR"),
                name="support_outbound_sent",
            ),
        ),
        migrations.AddConstraint(
            model_name="presence",
            constraint=models.UniqueConstraint(fields=("ticket", "agent"), name="support_presence_once"),
        ),
        migrations.AddConstraint(
            model_name="requiredinfo",
            constraint=models.UniqueConstraint(fields=("ticket", "key"), name="support_requiredinfo_once"),
        ),
        migrations.AddConstraint(
            model_name="requiredinfo",
            constraint=models.CheckConstraint(
                condition=models.Q(("source", ""), ("state", "given"), _negated=True),
                name="support_requiredinfo_has_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="signature",
            constraint=models.UniqueConstraint(
                fields=("incident", "code", "action", "reason"), name="support_signature_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="signature",
            constraint=models.CheckConstraint(
                condition=models.Q(("action", ""), ("code", ""), ("reason", ""), _negated=True),
                name="support_signature_says_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="slatarget",
            constraint=models.UniqueConstraint(
                fields=("policy", "clock", "severity", "category", "queue", "unit"),
                name="support_slatarget_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="slatarget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("severity__isnull", True), ("severity__in", [1, 2, 3, 4]), _connector="OR"
                ),
                name="support_slatarget_severity",
            ),
        ),
        migrations.AddConstraint(
            model_name="clockevent",
            constraint=models.UniqueConstraint(
                fields=("subject", "number"), name="support_clockevent_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="stepevidence",
            constraint=models.UniqueConstraint(fields=("step", "link"), name="support_stepevidence_once"),
        ),
        migrations.AddConstraint(
            model_name="ticketlink",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at__isnull", True)),
                fields=("ticket", "other", "kind"),
                name="support_ticketlink_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticketlink",
            constraint=models.CheckConstraint(
                condition=models.Q(("ticket", models.F("other")), _negated=True),
                name="support_ticketlink_not_itself",
            ),
        ),
        migrations.AddConstraint(
            model_name="step",
            constraint=models.UniqueConstraint(
                fields=("investigation", "round", "number"), name="support_step_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="step",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1), ("number__lte", 5)), name="support_step_number"
            ),
        ),
        MakeAppendOnly("calendar"),
        MakeAppendOnly("slapolicy"),
        MakeAppendOnly("slatarget"),
        MakeAppendOnly("clockevent"),
        MakeAppendOnly("caseevidence"),
        MakeAppendOnly("evidencelink"),
        MakeAppendOnly("evidencepack"),
        MakeAppendOnly("incidententry"),
        MakeAppendOnly("signature"),
        MakeAppendOnly("step"),
        MakeAppendOnly("stepevidence"),
        MakeAppendOnly("determination"),
        MakeAppendOnly("determinationevidence"),
        MakeAppendOnly("guaranteecheck"),
        MakeAppendOnly("entry"),
        MakeAppendOnly("inboundmail"),
        MakeAppendOnly("footnote"),
        MakeAppendOnly("approval"),
        MakeAppendOnly("classification"),
    ]
