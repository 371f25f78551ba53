"""Figures derived from the records in the same transaction; all of them can be rebuilt."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from inventory.models import MONEY, QUANTITY, Bin, Hub, Item


class BinBalance(models.Model):
    """Derived: the present stock of an item in a bin."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", db_index=False)
    bin = models.ForeignKey(Bin, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(**QUANTITY, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "bin"], name="ledger_binbalance_one"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="ledger_binbalance_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} in {self.bin_id}: {self.quantity}"


class HubBalance(models.Model):
    """Derived: the present stock of an item at a hub, and its value."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", db_index=False)
    hub = models.ForeignKey(Hub, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(**QUANTITY, default=0)
    value = models.DecimalField(**MONEY, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "hub"], name="ledger_hubbalance_one"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="ledger_hubbalance_not_negative"),
            models.CheckConstraint(condition=Q(value__gte=0), name="ledger_hubbalance_value_not_negative"),
            models.CheckConstraint(
                condition=~Q(quantity=0) | Q(value=0), name="ledger_hubbalance_no_stock_no_value"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} at {self.hub_id}: {self.quantity} worth {self.value}"


class CostLayer(models.Model):
    """Derived (FIFO): what is left of one receipt, in one hub."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", db_index=False)
    hub = models.ForeignKey(Hub, on_delete=models.PROTECT, related_name="+", db_index=False)
    position = models.BigIntegerField()
    line = models.PositiveIntegerField()
    number = models.PositiveIntegerField(default=1)
    unit_cost = models.DecimalField(**MONEY)
    quantity = models.DecimalField(**QUANTITY)
    value = models.DecimalField(**MONEY)
    quantity_left = models.DecimalField(**QUANTITY)
    value_left = models.DecimalField(**MONEY)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["position", "line", "number"], name="ledger_costlayer_one"),
            models.CheckConstraint(
                condition=Q(quantity_left__gte=0, value_left__gte=0, quantity_left__lte=F("quantity")),
                name="ledger_costlayer_left",
            ),
        ]
        indexes = [
            models.Index(
                fields=["item", "hub", "position", "line", "number"],
                name="ledger_costlayer_next",
                condition=Q(quantity_left__gt=0),
            )
        ]

    def __str__(self) -> str:
        return f"#{self.position}.{self.line}: {self.quantity_left} left"


class DailyMovement(models.Model):
    """Derived: the movement of a day, per item, hub and kind. Used by charts and by the check of stock by date."""

    effective_on = models.DateField()
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    hub = models.ForeignKey(Hub, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    quantity_up = models.DecimalField(**QUANTITY, default=0)
    quantity_down = models.DecimalField(**QUANTITY, default=0)
    value_up = models.DecimalField(**MONEY, default=0)
    value_down = models.DecimalField(**MONEY, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["effective_on", "item", "hub", "kind"], name="ledger_dailymovement_one"
            )
        ]

    def __str__(self) -> str:
        return f"{self.effective_on} {self.kind}"


class VerificationRun(models.Model):
    """One proof of the ledger: its checks, how many rows they compared, and their results."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    position = models.BigIntegerField()
    is_proved = models.BooleanField()
    checks: Any = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["-finished_at"], name="ledger_verification_latest")]

    def __str__(self) -> str:
        return f"{'proved' if self.is_proved else 'broken'} at {self.position}"
