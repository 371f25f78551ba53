"""The tables of seals, in every schema. All are append-only except the subscriptions to receipts."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func, IntegerField, Q
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.append_only import AppendOnly

STREAM_NAMES = ["audit", "ledger"]
HASH_BYTES = 32


def _octets(column: str) -> Func:
    return Func(F(column), function="octet_length", output_field=IntegerField())


class Kind(models.TextChoices):
    """What a seal is for. `rotation` names the next key; `restored` says which numbers a restore has lost."""

    GENESIS = "genesis", _("Events from before numbers")
    BATCH = "batch", _("New rows")
    ROTATION = "rotation", _("Change of key")
    RESTORED = "restored", _("Restored")


class SealStream(AppendOnly):
    """A sealed sequence of rows: the schema's audit trail or its ledger.

    `origin` names it for everybody outside: `<domain>/<tenant>/<stream>`. `salt` hides guessable values inside hashes;
    it is never shown.
    """

    name = models.CharField(max_length=10, primary_key=True)
    origin = models.CharField(max_length=200)
    salt = models.BinaryField()
    started_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(name__in=STREAM_NAMES), name="audit_sealstream_known"),
            models.CheckConstraint(
                condition=Exact(_octets("salt"), HASH_BYTES), name="audit_sealstream_salt_length"
            ),
        ]

    def __str__(self) -> str:
        return self.origin


class Seal(AppendOnly):
    """A signed statement about a stream: its rows up to here have this root.

    `note` is what was signed, with its signature (`audit.seals.checkpoint`); the other columns repeat it for queries.
    `first` and `last` are the numbers (positions) that it seals. `size` counts the leaves of the whole tree after it.
    `consistency`: the proof that the tree of the seal before is the beginning of this one, 32 bytes per hash.
    """

    stream = models.ForeignKey(
        SealStream, on_delete=models.PROTECT, related_name="seals", db_column="stream", db_index=False
    )
    number = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    size = models.BigIntegerField()
    first = models.BigIntegerField(null=True)
    last = models.BigIntegerField(null=True)
    count = models.BigIntegerField()
    root = models.BinaryField()
    row_format = models.PositiveSmallIntegerField()
    key_id = models.CharField(max_length=8)
    vkey = models.CharField(max_length=300)
    note = models.TextField()
    consistency = models.BinaryField()
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "number"], name="audit_seal_number_once"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="audit_seal_kind_known"),
            models.CheckConstraint(
                condition=Q(number__gte=1, size__gte=F("count"), count__gte=0), name="audit_seal_counts"
            ),
            models.CheckConstraint(
                condition=Exact(_octets("root"), HASH_BYTES), name="audit_seal_root_length"
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.BATCH, count__gt=0, first__gte=1, last=F("first") + F("count") - 1)
                | Q(kind=Kind.GENESIS, count__gt=0, first=None, last=None)
                | Q(kind__in=[Kind.ROTATION, Kind.RESTORED], count=0, first=None, last=None),
                name="audit_seal_rows",
            ),
        ]
        indexes = [
            models.Index(fields=["stream", "size", "number"], name="audit_seal_size"),
            models.Index(fields=["stream", "last"], name="audit_seal_last", condition=Q(last__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.stream_id} seal {self.number}"


class SealNodes(AppendOnly):
    """Consecutive complete nodes of a stream's tree, 32 bytes each, in the order in which they were made."""

    stream = models.ForeignKey(
        SealStream, on_delete=models.PROTECT, related_name="+", db_column="stream", db_index=False
    )
    first_node = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "first_node"], name="audit_sealnodes_once"),
            models.CheckConstraint(condition=Q(first_node__gte=0), name="audit_sealnodes_first"),
        ]

    def __str__(self) -> str:
        return f"{self.stream_id} from node {self.first_node}"


class SealReceipt(AppendOnly):
    """A copy of a seal outside of its schema: rows are in public only, so a restore of one tenant does not touch it."""

    schema_name = models.CharField(max_length=63)
    stream_name = models.CharField(max_length=10)
    number = models.BigIntegerField()
    size = models.BigIntegerField()
    root = models.BinaryField()
    vkey = models.CharField(max_length=300)
    note = models.TextField()
    sealed_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["schema_name", "stream_name", "number"], name="audit_sealreceipt_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schema_name} {self.stream_name} seal {self.number}"


class SealCheck(AppendOnly):
    """One check of all seals of a schema against the rows. `streams`: what was compared and found, by stream."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    is_intact = models.BooleanField()
    streams = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["-finished_at"], name="audit_sealcheck_latest")]

    def __str__(self) -> str:
        return f"{'intact' if self.is_intact else 'broken'} at {self.finished_at:%Y-%m-%d %H:%M}"


class ReceiptSubscription(models.Model):
    """A person who gets the day's receipts by e-mail. Not a record: the row goes when they no longer want them."""

    person_ref = models.CharField(max_length=40, unique=True)
    since = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.person_ref
