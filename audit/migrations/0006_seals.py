"""Seals: streams, signed seals, nodes of the trees, receipts and checks, all append-only; and who gets receipts."""

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.lookups
import django.utils.timezone
from django.db import migrations, models

from asora.kernel.append_only import MakeAppendOnly

# Hashes cannot be compressed. Stored uncompressed, a few of them are read without the others.
UNCOMPRESSED = "ALTER TABLE audit_sealnodes ALTER COLUMN hashes SET STORAGE EXTERNAL"


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0005_access_by_support"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReceiptSubscription",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("person_ref", models.CharField(max_length=40, unique=True)),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                ("sent_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SealCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField()),
                ("is_intact", models.BooleanField()),
                ("streams", models.JSONField()),
            ],
            options={
                "indexes": [models.Index(fields=["-finished_at"], name="audit_sealcheck_latest")],
            },
        ),
        migrations.CreateModel(
            name="SealReceipt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("schema_name", models.CharField(max_length=63)),
                ("stream_name", models.CharField(max_length=10)),
                ("number", models.BigIntegerField()),
                ("size", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("vkey", models.CharField(max_length=300)),
                ("note", models.TextField()),
                ("sealed_at", models.DateTimeField()),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("schema_name", "stream_name", "number"), name="audit_sealreceipt_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SealStream",
            fields=[
                ("name", models.CharField(max_length=10, primary_key=True, serialize=False)),
                ("origin", models.CharField(max_length=200)),
                ("salt", models.BinaryField()),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name__in", ["audit", "ledger"])), name="audit_sealstream_known"
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func(
                                models.F("salt"), function="octet_length", output_field=models.IntegerField()
                            ),
                            32,
                        ),
                        name="audit_sealstream_salt_length",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SealNodes",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first_node", models.BigIntegerField()),
                ("hashes", models.BinaryField()),
                (
                    "stream",
                    models.ForeignKey(
                        db_column="stream",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.sealstream",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("stream", "first_node"), name="audit_sealnodes_once"),
                    models.CheckConstraint(
                        condition=models.Q(("first_node__gte", 0)), name="audit_sealnodes_first"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.BigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("genesis", "Events from before numbers"),
                            ("batch", "New rows"),
                            ("rotation", "Change of key"),
                            ("restored", "Restored"),
                        ],
                        max_length=8,
                    ),
                ),
                ("size", models.BigIntegerField()),
                ("first", models.BigIntegerField(null=True)),
                ("last", models.BigIntegerField(null=True)),
                ("count", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("row_format", models.PositiveSmallIntegerField()),
                ("key_id", models.CharField(max_length=8)),
                ("vkey", models.CharField(max_length=300)),
                ("note", models.TextField()),
                ("consistency", models.BinaryField()),
                ("sealed_at", models.DateTimeField()),
                (
                    "stream",
                    models.ForeignKey(
                        db_column="stream",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seals",
                        to="audit.sealstream",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["stream", "size", "number"], name="audit_seal_size"),
                    models.Index(
                        condition=models.Q(("last__isnull", False)),
                        fields=["stream", "last"],
                        name="audit_seal_last",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("stream", "number"), name="audit_seal_number_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["genesis", "batch", "rotation", "restored"])),
                        name="audit_seal_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("count__gte", 0), ("number__gte", 1), ("size__gte", models.F("count"))
                        ),
                        name="audit_seal_counts",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func(
                                models.F("root"), function="octet_length", output_field=models.IntegerField()
                            ),
                            32,
                        ),
                        name="audit_seal_root_length",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("count__gt", 0),
                                ("first__gte", 1),
                                ("kind", "batch"),
                                (
                                    "last",
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("first"), "+", models.F("count")
                                        ),
                                        "-",
                                        models.Value(1),
                                    ),
                                ),
                            ),
                            models.Q(("count__gt", 0), ("first", None), ("kind", "genesis"), ("last", None)),
                            models.Q(
                                ("count", 0),
                                ("first", None),
                                ("kind__in", ["rotation", "restored"]),
                                ("last", None),
                            ),
                            _connector="OR",
                        ),
                        name="audit_seal_rows",
                    ),
                ],
            },
        ),
        MakeAppendOnly("sealstream"),
        MakeAppendOnly("seal"),
        MakeAppendOnly("sealnodes"),
        MakeAppendOnly("sealreceipt"),
        MakeAppendOnly("sealcheck"),
        migrations.RunSQL(UNCOMPRESSED, migrations.RunSQL.noop),
    ]
