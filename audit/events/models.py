"""The audit event: one model, in every tenant's schema, and in public for the platform's own actions."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Func
from django.db.models.indexes import Index

from asora.kernel.append_only import AppendOnly
from asora.kernel.request_ids import uuid7


class Xid8Field(models.Field):
    """PostgreSQL's 64-bit transaction id. It does not order events (`Event.number` does) and is valid on one server."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)


class CurrentTransaction(Func):
    """The id of the writing transaction."""

    function = "pg_current_xact_id"
    template = "%(function)s()"
    output_field = Xid8Field()


class TrailHead(models.Model):
    """One row per schema: the number of the last event of its trail."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="audit_trailhead_one_row"),
            models.CheckConstraint(condition=models.Q(number__gte=0), name="audit_trailhead_number"),
        ]

    def __str__(self) -> str:
        return f"event {self.number}"


class Event(AppendOnly):
    """One action: who tried what under which request, with what outcome, and which rule decided.

    People appear by pseudonym (`actor_ref`, labels, changes), never by name or address, so that a person can be erased
    without changing events. Nullable columns are null on events that are older than the column: `number`, the place in
    this trail, without gaps and in commit order; `touched`, the keys that it changed (`kernel.keys`); `hubs`, the ids
    of the hubs concerned (also null if unknown); `duration_ms`.
    """

    class Outcome(models.TextChoices):
        ALLOWED = "allowed"
        REFUSED = "refused"
        FAILED = "failed"
        NOOP = "noop"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    xid8 = Xid8Field(db_default=CurrentTransaction(), editable=False)
    occurred_at = models.DateTimeField(db_default=Func(function="clock_timestamp"), editable=False)
    request_id = models.CharField(max_length=64)
    client_request_id = models.CharField(max_length=128, blank=True)
    cause_id = models.CharField(max_length=64, blank=True)
    actor_type = models.CharField(max_length=12)
    actor_ref = models.CharField(max_length=40, blank=True)
    session_ref = models.CharField(max_length=32, blank=True)
    route = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    http_status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=20, blank=True)
    code = models.CharField(max_length=24, blank=True)
    reason = models.CharField(max_length=32, blank=True)
    message = models.TextField(blank=True)
    decision = models.JSONField(default=list)
    resource_type = models.CharField(max_length=60, blank=True)
    resource_id = models.CharField(max_length=64, blank=True)
    resource_label = models.CharField(max_length=200, blank=True)
    changes = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    first_position = models.BigIntegerField(null=True)
    last_position = models.BigIntegerField(null=True)
    export_ref = models.CharField(max_length=64, blank=True)
    dispatch_ref = models.CharField(max_length=64, blank=True)
    ticket_ref = models.CharField(max_length=64, blank=True)
    schema_version = models.PositiveSmallIntegerField(default=2)
    redactions = models.JSONField(default=list)
    number = models.BigIntegerField(null=True, editable=False)
    rule_id = models.CharField(max_length=80, blank=True, default="")
    touched = ArrayField(models.TextField(), null=True)
    hubs = ArrayField(models.BigIntegerField(), null=True)
    release = models.CharField(max_length=20, blank=True, default="")
    duration_ms = models.PositiveIntegerField(null=True)

    class Meta:
        indexes = [
            Index(fields=["occurred_at", "id"], name="audit_event_time"),
            Index(fields=["request_id", "occurred_at", "id"], name="audit_event_request_time"),
            Index(fields=["outcome", "occurred_at", "id"], name="audit_event_outcome"),
            Index(fields=["actor_ref", "occurred_at", "id"], name="audit_event_actor"),
            Index(fields=["action", "occurred_at", "id"], name="audit_event_action"),
            Index(fields=["resource_type", "resource_id", "occurred_at", "id"], name="audit_event_resource"),
            Index(
                fields=["code", "occurred_at", "id"],
                name="audit_event_code",
                condition=models.Q(outcome="refused"),
            ),
            Index(
                fields=["reason", "occurred_at", "id"],
                name="audit_event_reason",
                condition=models.Q(outcome="refused"),
            ),
            Index(
                fields=["route", "occurred_at", "id"], name="audit_event_route", condition=~models.Q(route="")
            ),
            Index(
                fields=["resource_label", "occurred_at", "id"],
                name="audit_event_label",
                condition=~models.Q(resource_label=""),
            ),
            Index(
                fields=["rule_id", "occurred_at", "id"],
                name="audit_event_rule",
                condition=models.Q(outcome="refused"),
            ),
            Index(
                fields=["cause_id", "occurred_at", "id"],
                name="audit_event_cause",
                condition=~models.Q(cause_id=""),
            ),
            GinIndex(fields=["hubs"], name="audit_event_hubs"),
            Index(
                fields=["actor_ref", "action", "number"],
                name="audit_event_allowed",
                condition=models.Q(outcome="allowed"),
            ),
            GinIndex(fields=["touched"], name="audit_event_touched", condition=models.Q(outcome="allowed")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="audit_event_number_key"),
            models.CheckConstraint(
                condition=models.Q(outcome__in=["allowed", "refused", "failed", "noop"]),
                name="audit_event_outcome_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome="refused") | (~models.Q(code="") & ~models.Q(reason="")),
                name="audit_event_refusal_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.outcome} ({self.request_id})"
