"""Cycle counts: what is to be counted, and what each person found.

No table has the expected quantities. They are looked up at the position of each reading, for people who may see them,
so a count is blind by construction.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory.models import MONEY, QUANTITY, Bin, Category, Hub, Item
from ledger.models.records import Posting


class CountSession(models.Model):
    """One count of one hub, or of a part of it. `submission` makes opening and posting it twice harmless."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        COUNTING = "counting", _("counting")
        SUBMITTED = "submitted", _("submitted")
        RECOUNT = "recount", _("recount requested")
        APPROVED = "approved", _("approved")
        CANCELLED = "cancelled", _("cancelled")

    class ToleranceKind(models.TextChoices):
        NONE = "none", _("none: every variance needs a decision")
        UNITS = "units", _("units")
        PERCENT = "percent", _("percent of what was expected")
        VALUE = "value", _("value")

    submission = models.UUIDField(unique=True)
    hub = models.ForeignKey(Hub, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    is_blind = models.BooleanField(default=True)
    tolerance_kind = models.CharField(max_length=8, choices=ToleranceKind.choices, default=ToleranceKind.NONE)
    tolerance = models.DecimalField(**MONEY, default=0)
    bins = models.ManyToManyField(Bin, related_name="+")
    categories = models.ManyToManyField(Category, related_name="+")
    items = models.ManyToManyField(Item, related_name="+")
    not_counted_since = models.DateField(null=True)
    assignee = models.CharField(max_length=40, blank=True)
    round = models.PositiveSmallIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    opened_by = models.CharField(max_length=40)
    opened_at = models.DateTimeField(default=timezone.now)
    submitted_by = models.CharField(max_length=40, blank=True)
    submitted_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=40, blank=True)
    closed_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)
    posting = models.OneToOneField(Posting, on_delete=models.PROTECT, null=True, related_name="count")

    class Meta:
        verbose_name = _("count")
        indexes = [
            models.Index(fields=["opened_at", "id"], name="ledger_countsession_opened"),
            models.Index(
                fields=["hub", "opened_at"],
                name="ledger_countsession_due",
                condition=~Q(state__in=["approved", "cancelled"]),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="approved", posting__isnull=False) | ~Q(state="approved") & Q(posting=None),
                name="ledger_countsession_approved_is_posted",
            ),
            models.CheckConstraint(condition=Q(tolerance__gte=0), name="ledger_countsession_tolerance"),
        ]

    def __str__(self) -> str:
        return f"CC-{self.pk:05d}" if self.pk else self.title

    @property
    def trail_key(self) -> str:
        """Its key in gates and events (`kernel.keys`)."""
        return f"count:{self.pk}"

    @property
    def is_counting(self) -> bool:
        """Whether figures can be entered now."""
        return self.state in {self.State.OPEN, self.State.COUNTING, self.State.RECOUNT}

    @property
    def is_closed(self) -> bool:
        """Whether the count is approved or cancelled."""
        return self.state in {self.State.APPROVED, self.State.CANCELLED}


class CountLine(models.Model):
    """One item in one bin that is to be counted, or was found. Only readings of the line's own round are valid.

    `decision`: what somebody decided about corrections that were posted after the reading, up to position
    `decided_upto`; a later correction needs a new decision.
    """

    class Decision(models.TextChoices):
        SAME = "same", _("the correction is about what was found")
        ANOTHER = "another", _("the correction is about something else")

    session = models.ForeignKey(CountSession, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    bin = models.ForeignKey(Bin, on_delete=models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField(default=1)
    is_found = models.BooleanField(default=False)
    is_left_out = models.BooleanField(default=False)
    chosen = models.ForeignKey("CountReading", on_delete=models.PROTECT, null=True, related_name="+")
    decision = models.CharField(max_length=7, choices=Decision.choices, blank=True)
    decided_upto = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("line of a count")
        constraints = [
            models.UniqueConstraint(fields=["session", "bin", "item"], name="ledger_countline_one"),
            models.CheckConstraint(
                condition=Q(decision="", decided_upto=None)
                | Q(decision__in=["same", "another"], decided_upto__isnull=False),
                name="ledger_countline_decision",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} in {self.bin_id}"


class CountReading(models.Model):
    """The quantity that one person counted on one line in one round, and the ledger position at that moment."""

    line = models.ForeignKey(CountLine, on_delete=models.CASCADE, related_name="readings")
    round = models.PositiveSmallIntegerField()
    counted_by = models.CharField(max_length=40)
    counted_at = models.DateTimeField()
    position = models.BigIntegerField()
    quantity = models.DecimalField(**QUANTITY)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["line", "round", "counted_by"], name="ledger_countreading_one_per_person"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="ledger_countreading_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}.{self.round}: {self.quantity}"


class CountScan(models.Model):
    """A scan that was counted. It is stored because a device that got no answer may send it again at any time."""

    line = models.ForeignKey(CountLine, on_delete=models.CASCADE, related_name="+", db_index=False)
    scan = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "scan"], name="ledger_countscan_one")]

    def __str__(self) -> str:
        return f"{self.line_id}: {self.scan}"
