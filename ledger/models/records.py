"""The ledger's records: append-only, and the source of every other figure."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from asora.kernel.append_only import AppendOnly
from inventory.models import MONEY, QUANTITY, Bin, Hub, Item, Vendor

#: The reserved reason of opening stock (`ledger.posting.opening_stock`).
OPENING = "OPENING"


class Kind(models.TextChoices):
    """The kind of a document. Entries of a reversal have the kind of their original, and count negative in it."""

    RECEIPT = "receipt", _("Receipt")
    ISSUE = "issue", _("Issue")
    TRANSFER = "transfer", _("Transfer")
    ADJUSTMENT = "adjustment", _("Adjustment")
    COUNT = "count", _("Count")
    REVERSAL = "reversal", _("Reversal")


ENTRY_KINDS = [kind for kind in Kind if kind is not Kind.REVERSAL]


class Posting(AppendOnly):
    """One document, like a delivery or a count. `position`: the order of recording; `effective_on`: the date."""

    position = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reference = models.CharField(max_length=80, blank=True)
    vendor = models.ForeignKey(Vendor, on_delete=models.PROTECT, null=True, related_name="postings")
    effective_on = models.DateField()
    recorded_at = models.DateTimeField()
    actor_type = models.CharField(max_length=12)
    actor_ref = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64)
    reason = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=500, blank=True)
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="reversed_by", db_column="reverses"
    )
    batch = models.UUIDField(null=True)
    submission = models.UUIDField(unique=True)

    class Meta:
        indexes = [
            models.Index(fields=["request_id"], name="ledger_posting_request"),
            models.Index(fields=["kind", "position"], name="ledger_posting_kind"),
            models.Index(
                fields=["vendor", "position"], name="ledger_posting_vendor", condition=Q(vendor__isnull=False)
            ),
            models.Index(fields=["reference", "position"], name="ledger_posting_reference"),
            models.Index(
                fields=["batch", "position"], name="ledger_posting_batch", condition=Q(batch__isnull=False)
            ),
            models.Index(fields=["effective_on", "position"], name="ledger_posting_effective"),
            models.Index(fields=["actor_ref", "position"], name="ledger_posting_actor"),
            models.Index(fields=["recorded_at", "position"], name="ledger_posting_recorded"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="ledger_posting_kind_known"),
            models.CheckConstraint(
                condition=(Q(kind=Kind.REVERSAL) & Q(reverses__isnull=False))
                | (~Q(kind=Kind.REVERSAL) & Q(reverses__isnull=True)),
                name="ledger_posting_reversal_names_its_original",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.RECEIPT) | Q(vendor__isnull=False),
                name="ledger_posting_receipt_has_vendor",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.ADJUSTMENT) | ~Q(reason=""),
                name="ledger_posting_adjustment_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.position}"


class Entry(AppendOnly):
    """One line of a posting, with the balances after it: one look-up answers any balance at any position."""

    pk = models.CompositePrimaryKey("posting_id", "line")
    posting = models.ForeignKey(
        Posting, on_delete=models.PROTECT, related_name="entries", db_column="position", db_index=False
    )
    line = models.PositiveIntegerField()
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", db_index=False)
    bin = models.ForeignKey(Bin, on_delete=models.PROTECT, related_name="+", db_index=False)
    hub = models.ForeignKey(Hub, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.label) for kind in ENTRY_KINDS])
    is_reversal = models.BooleanField(default=False)
    quantity = models.DecimalField(**QUANTITY)
    unit_cost = models.DecimalField(**MONEY)
    value = models.DecimalField(**MONEY)
    counted_quantity = models.DecimalField(**QUANTITY, null=True)
    expected_quantity = models.DecimalField(**QUANTITY, null=True)
    bin_quantity = models.DecimalField(**QUANTITY)
    hub_quantity = models.DecimalField(**QUANTITY)
    hub_value = models.DecimalField(**MONEY)

    class Meta:
        indexes = [
            # Balance at a position: the last entry of (item, bin) or (item, hub) at or before it.
            models.Index(fields=["item", "bin", "posting", "line"], name="ledger_entry_bin_balance"),
            models.Index(fields=["item", "hub", "posting", "line"], name="ledger_entry_hub_balance"),
            # Histories.
            models.Index(fields=["item", "posting", "line"], name="ledger_entry_item"),
            models.Index(fields=["bin", "posting", "line"], name="ledger_entry_bin"),
            models.Index(fields=["hub", "posting", "line"], name="ledger_entry_hub"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in ENTRY_KINDS]), name="ledger_entry_kind_known"
            ),
            models.CheckConstraint(condition=Q(bin_quantity__gte=0), name="ledger_entry_bin_not_negative"),
            models.CheckConstraint(condition=Q(hub_quantity__gte=0), name="ledger_entry_hub_not_negative"),
            models.CheckConstraint(condition=Q(hub_value__gte=0), name="ledger_entry_value_not_negative"),
            models.CheckConstraint(
                condition=~Q(hub_quantity=0) | Q(hub_value=0), name="ledger_entry_no_stock_no_value"
            ),
            models.CheckConstraint(
                condition=~Q(quantity=0) | Q(kind=Kind.COUNT), name="ledger_entry_moves_or_counts"
            ),
            models.CheckConstraint(condition=Q(unit_cost__gte=0), name="ledger_entry_cost_not_negative"),
        ]

    def __str__(self) -> str:
        return f"#{self.posting_id}.{self.line}"


class LayerUse(AppendOnly):
    """FIFO: how much of which layer an entry consumed. The layer is named by the entry that made it."""

    entry_position = models.BigIntegerField()
    entry_line = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    layer_position = models.BigIntegerField()
    layer_line = models.PositiveIntegerField()
    layer_number = models.PositiveIntegerField()
    quantity = models.DecimalField(**QUANTITY)
    value = models.DecimalField(**MONEY)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry_position", "entry_line", "number"], name="ledger_layeruse_one_per_number"
            )
        ]
        indexes = [
            models.Index(
                fields=["layer_position", "layer_line", "layer_number"], name="ledger_layeruse_layer"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.entry_position}.{self.entry_line} uses #{self.layer_position}.{self.layer_line}"
