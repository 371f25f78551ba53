"""Queued payloads, and the number of the last one of each endpoint."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.request_ids import uuid7
from integrations.endpoints.models import Endpoint

#: The triggers that guard the outbox, and their tables. Start-up checks that they are there.
GUARDS = {
    "integrations_endpoint_number": "integrations_endpoint",
    "integrations_number_order": "integrations_endpointnumber",
    "integrations_number_truncate": "integrations_endpointnumber",
    "integrations_payload_changes": "integrations_payload",
    "integrations_payload_numbers": "integrations_payload",
    "integrations_payload_truncate": "integrations_payload",
}


class EndpointNumber(models.Model):
    """The number of the last payload of an endpoint, and of the last one that retention deleted.

    One row per endpoint, made by a trigger with the endpoint and locked until commit, so numbers have no gaps and
    are in commit order. Adding payloads moves `last`; nothing else does.
    """

    endpoint = models.OneToOneField(
        Endpoint, primary_key=True, on_delete=models.PROTECT, related_name="number"
    )
    last = models.BigIntegerField(default=0)
    deleted_upto = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last__gte=models.F("deleted_upto"), deleted_upto__gte=0),
                name="integrations_number_order",
            )
        ]

    def __str__(self) -> str:
        return str(self.last)


class Payload(models.Model):
    """One payload for one endpoint: the exact bytes that are sent, and how far their sending is.

    `event_id` is the id of the described event, the same for every endpoint and every attempt. Only `state` can change:
    to `sending` from anything else, and from `sending` to how it ended. A payload is deleted only if its number is at
    most `EndpointNumber.deleted_upto`.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("being sent")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")
        UNKNOWN = "unknown", _("unknown")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Checked by a trigger. A foreign key would lock the endpoint's row after the trail's number, while somebody who
    # changes the endpoint has that row locked and waits for the number.
    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.PROTECT, related_name="payloads", db_index=False, db_constraint=False
    )
    number = models.BigIntegerField()
    event_type = models.CharField(max_length=60)
    event_id = models.CharField(max_length=80)
    body = models.BinaryField()
    position = models.BigIntegerField(null=True)
    #: The audit event that it describes, and its request.
    audit_event = models.UUIDField(null=True)
    request_id = models.CharField(max_length=64)
    #: The hubs that it concerns, like those of an audit event. Empty: no hub.
    hubs = ArrayField(models.BigIntegerField(), default=list)
    with_values = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    queued_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("payload")
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "number"], name="integrations_payload_endpoint_id_number_key"
            ),
            models.CheckConstraint(condition=models.Q(number__gt=0), name="integrations_payload_first"),
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "sending", "delivered", "failed", "unknown"]),
                name="integrations_payload_state",
            ),
        ]
        indexes = [
            models.Index(fields=["endpoint", "state", "number"], name="integrations_payload_by_state"),
            models.Index(fields=["request_id"], name="integrations_payload_request"),
            models.Index(fields=["audit_event"], name="integrations_payload_event"),
        ]

    def __str__(self) -> str:
        return str(self.number)
