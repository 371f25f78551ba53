"""Exported reports: append-only."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from asora.kernel.append_only import AppendOnly
from asora.kernel.request_ids import uuid7


class Export(AppendOnly):
    """An exported report: its scope, its position, and the hashes that every later download must match."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    report = models.CharField(max_length=40)
    parameters = models.JSONField()
    parameters_sha256 = models.CharField(max_length=64)
    position = models.BigIntegerField()
    format = models.CharField(max_length=4, choices=[("csv", "CSV"), ("xlsx", "XLSX")])
    renderer_version = models.PositiveSmallIntegerField()
    file_name = models.CharField(max_length=160)
    rows = models.BigIntegerField()
    rows_sha256 = models.CharField(max_length=64)
    file_sha256 = models.CharField(max_length=64)
    actor_type = models.CharField(max_length=12)
    actor_ref = models.CharField(max_length=40)
    request_id = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            # A retry of an identical export is the same export: it is not counted again.
            models.UniqueConstraint(
                fields=["parameters_sha256", "position", "format", "renderer_version"],
                name="ledger_export_one",
            ),
            models.CheckConstraint(condition=Q(rows__gt=0), name="ledger_export_has_rows"),
        ]
        indexes = [models.Index(fields=["created_at", "id"], name="ledger_export_created")]

    def __str__(self) -> str:
        return self.file_name
