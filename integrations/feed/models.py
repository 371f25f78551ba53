"""Tokens of the pull feed, and how often it was read."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.request_ids import uuid7
from integrations.endpoints.models import Endpoint

#: The triggers that guard the tokens, and their table. Start-up checks that they are there.
GUARDS = {
    "integrations_feedtoken_ends": "integrations_feedtoken",
    "integrations_feedtoken_no_truncate": "integrations_feedtoken",
}


class FeedToken(models.Model):
    """A token that reads the feed of one endpoint. Only its digest is stored; `prefix` tells tokens apart.

    A token ends once: by a later rotation (`expires_at`) or at once (`revoked_at`). Triggers refuse every other change.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="feed_tokens")
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    issued_by = models.CharField(max_length=40)
    issued_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("feed token")
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"],
                condition=models.Q(expires_at=None, revoked_at=None),
                name="integrations_one_lasting_feed_token",
            )
        ]

    def __str__(self) -> str:
        return self.prefix

    def state_at(self, moment: datetime) -> str:
        """`revoked`, `ended` (after a rotation), `ending` (still valid after a rotation) or `valid`."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is None:
            return "valid"
        return "ending" if self.expires_at > moment else "ended"


class FeedDay(models.Model):
    """The polls of one token on one day (UTC). `last_after`: the number up to which its last poll had everything."""

    token = models.ForeignKey(FeedToken, on_delete=models.PROTECT, related_name="days", db_index=False)
    day = models.DateField()
    polls = models.PositiveIntegerField(default=0)
    payloads = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()
    last_after = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token", "day"], name="integrations_feedday_token_id_day_key")
        ]

    def __str__(self) -> str:
        return f"{self.token_id} {self.day}"
