"""Tokens of the pull feed, and how often it was read."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from asora.kernel.request_ids import uuid7
from integrations.endpoints.models import Endpoint


class FeedToken(models.Model):
    """A token that reads the feed of one endpoint. Only its digest is stored; `prefix` tells tokens apart."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="feed_tokens")
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    issued_by = models.CharField(max_length=40)
    issued_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.prefix


class FeedDay(models.Model):
    """The polls of one token on one day (UTC)."""

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
