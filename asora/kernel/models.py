"""The row that gives out a tenant's ledger positions."""

from django.db import models
from django.db.models.functions import Now


class Head(models.Model):
    """One row per tenant: the last position that was given out, and when. Positions order everything in the tenant."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField(default=0)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="kernel_head_one_row"),
            models.CheckConstraint(condition=models.Q(position__gte=0), name="kernel_head_position"),
        ]

    def __str__(self) -> str:
        return f"position {self.position}"
