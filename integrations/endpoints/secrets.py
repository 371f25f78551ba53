"""Signing secrets of endpoints: encrypted for their row, shown once when they are made, and read again only to sign."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from asora.kernel.request_ids import uuid7
from asora.kernel.secrets import seal, unseal
from integrations.endpoints.models import Endpoint, EndpointSecret
from integrations.signatures import secrets

#: How long an older secret signs too, after a new one was made.
OVERLAP = timedelta(hours=24)
PLACE = {"table": "integrations_endpointsecret", "field": "sealed"}


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret that was just made: its row, which is not saved yet, and its text, which is shown once."""

    row: EndpointSecret
    text: str = field(repr=False)


def new_secret(endpoint: Endpoint) -> NewSecret:
    """Make a secret for an endpoint. The caller saves the row."""
    text, key = secrets.generate(), uuid7()
    return NewSecret(EndpointSecret(id=key, endpoint=endpoint, sealed=seal(text, row=key, **PLACE)), text)


def signing_secrets(endpoint: Endpoint) -> list[bytes]:
    """The bytes of all secrets that sign now, newest first: after a rotation more than one, for `OVERLAP`.

    Raises `asora.kernel.secrets.Unreadable` if the installation's key was changed without a fallback.
    """
    valid = endpoint.secrets.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
    return [
        secrets.decoded(unseal(bytes(row.sealed), row=row.pk, **PLACE))
        for row in valid.order_by("-created_at", "-id")
    ]


def older_secrets(endpoint: Endpoint) -> list[EndpointSecret]:
    """The secrets before the newest one that sign too, the one that ends last first."""
    return list(endpoint.secrets.filter(expires_at__gt=timezone.now()).order_by("-expires_at", "-id"))
