"""Invitations: an address, a role, and a link that works once and for a limited time."""

from __future__ import annotations

import secrets

from django.db import models
from django.utils import timezone

from asora.accounts.models.addresses import AddressKeyField
from asora.accounts.models.people import new_ref


def new_nonce() -> str:
    """A random text that the link must contain; a new one makes earlier links invalid."""
    return secrets.token_urlsafe(24)


class Invitation(models.Model):
    """Name and address can be erased, as with people; `ref` becomes the person's pseudonym."""

    ref = models.CharField(max_length=20, unique=True, default=new_ref, editable=False)
    email = models.EmailField()
    email_key = AddressKeyField()
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20)
    all_hubs = models.BooleanField(default=True)
    #: Codes of the hubs (on the public host: names of the tenants) that the person will work at.
    hubs = models.JSONField(default=list)
    nonce = models.CharField(max_length=40, default=new_nonce, editable=False)
    invited_by = models.CharField(max_length=40)
    invited_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email_key"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="accounts_invitation_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(withdrawn_at=None),
                name="accounts_invitation_ends_once",
            ),
            models.CheckConstraint(
                condition=(models.Q(email="") & models.Q(email_key=""))
                | (~models.Q(email="") & ~models.Q(email_key="")),
                name="accounts_invitation_email_key_made",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def is_open(self) -> bool:
        """Return True if it was neither accepted nor withdrawn, even if it has expired."""
        return self.accepted_at is None and self.withdrawn_at is None

    @property
    def is_expired(self) -> bool:
        """Return True if its time is over."""
        return self.expires_at <= timezone.now()

    @property
    def is_acceptable(self) -> bool:
        """Return True if its link can be used now."""
        return self.is_open and not self.is_expired
