"""Counts of events per hour, derived from the trail, for the histogram; and the searches that people save."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.request_ids import uuid7

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


class SavedSearch(models.Model):
    """A query that a person keeps under a name, private or shared. It is no record of the trail, and can be deleted.

    The name is typed by a person, so events refer to a search by its id. `owner`: the pseudonym of the person.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=60)
    query = models.TextField()
    owner = models.CharField(max_length=40)
    is_shared = models.BooleanField(default=False)
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("saved search")
        indexes = [
            models.Index(fields=["is_shared", "name", "id"], name="audit_savedsearch_shared"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="audit_savedsearch_owner_name_key"),
            models.CheckConstraint(condition=~models.Q(name=""), name="audit_savedsearch_named"),
            models.CheckConstraint(condition=~models.Q(query=""), name="audit_savedsearch_asks"),
            models.CheckConstraint(condition=~models.Q(owner=""), name="audit_savedsearch_owned"),
        ]

    def __str__(self) -> str:
        return str(self.id)
