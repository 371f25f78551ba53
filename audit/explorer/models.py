"""Counts of events per hour, for the histogram. They are derived from the trail and can be made again from it."""

from __future__ import annotations

from django.db import models

#: In place of a hub: every event whose hubs are known, once; and every event whose hubs are not known.
ALL_KNOWN, UNKNOWN = 0, -1


class HourCount(models.Model):
    """How many events of one hour (UTC), action, outcome and hub were counted so far.

    `hub`: the id of a hub, `ALL_KNOWN` or `UNKNOWN`. An event of two hubs is counted for each of them and once for
    all.
    """

    id = models.BigAutoField(primary_key=True)
    hour = models.DateTimeField()
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=8)
    hub = models.BigIntegerField()
    number = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hub", "hour", "action", "outcome"], name="audit_hourcount_key", include=["number"]
            ),
            models.CheckConstraint(condition=models.Q(number__gt=0), name="audit_hourcount_some"),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.action} {self.outcome}: {self.number}"


class CountHead(models.Model):
    """One row per schema: the number of the last counted event, and whether events without a number are counted."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)
    has_genesis = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="audit_counthead_one_row")]

    def __str__(self) -> str:
        return f"counted to event {self.number}"
