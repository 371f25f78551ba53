"""An endpoint of a tenant, and its signing secrets."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.fields import KeyField
from asora.kernel.request_ids import uuid7
from integrations.endpoints.rules import NAME_LENGTH
from inventory.models import Hub

URL_LENGTH = 2000


class ExistingEndpoints(models.Manager["Endpoint"]):
    """The endpoints that were not removed. Only these count against the plan."""

    def get_queryset(self) -> models.QuerySet[Endpoint]:
        return super().get_queryset().filter(removed_at=None)


class Endpoint(models.Model):
    """Where payloads of a tenant are sent.

    `maker`: the person (pseudonym) who set what it receives; it receives at most what this person may see.
    `hubs` counts only if `all_hubs` is off. `version` refuses an edit that starts from an older state.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    name_key = KeyField(of="name")
    url = models.CharField(_("address"), max_length=URL_LENGTH)
    event_types = ArrayField(models.CharField(max_length=60), verbose_name=_("event types"))
    all_hubs = models.BooleanField(default=False)
    hubs = models.ManyToManyField(Hub, related_name="+")
    with_values = models.BooleanField(default=False)
    is_enabled = models.BooleanField(default=False)
    maker = models.CharField(max_length=40)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    objects = ExistingEndpoints()
    everything: models.Manager[Endpoint] = models.Manager()

    class Meta:
        base_manager_name = "everything"
        verbose_name = _("endpoint")
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"], condition=models.Q(removed_at=None), name="integrations_endpoint_name"
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="integrations_endpoint_has_name"),
            models.CheckConstraint(
                condition=models.Q(url__startswith="https://"), name="integrations_endpoint_https"
            ),
            models.CheckConstraint(
                condition=models.Q(event_types__len__gt=0), name="integrations_endpoint_has_types"
            ),
            models.CheckConstraint(
                condition=models.Q(removed_at=None) | models.Q(is_enabled=False),
                name="integrations_endpoint_removed_is_off",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EndpointSecret(models.Model):
    """A signing secret, encrypted for its row (`kernel.secrets`).

    After a rotation the older secret signs too, until `expires_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="secrets")
    sealed = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"],
                condition=models.Q(expires_at=None),
                name="integrations_one_lasting_secret",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
