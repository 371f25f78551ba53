"""Sign-in attempts: data that the audit trail must not keep forever, in tables that are bounded and can be emptied."""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models.indexes import Index
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from asora.kernel.request_ids import CROCKFORD


def new_attempt_ref() -> str:
    """The reference of an attempt in its event: random, so that it reveals nothing once the attempt is erased."""
    return "a-" + "".join(secrets.choice(CROCKFORD) for _ in range(12)).lower()


class SignInAttempt(models.Model):
    """One attempt: its source, browser and keyed address digest. It can be erased; events contain only `ref`."""

    class Kind(models.TextChoices):
        RECORDED = "recorded", _("Recorded")
        UNKNOWN = "unknown", _("No account")
        LOCKED_OUT = "locked_out", _("During lock-out")
        LATE = "late", _("After the session")

    ref = models.CharField(max_length=20, unique=True, default=new_attempt_ref, editable=False)
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    request_id = models.CharField(max_length=64)
    route = models.CharField(max_length=200, blank=True)
    #: The reason of the refusal; empty for a successful sign-in.
    reason = models.CharField(max_length=32, blank=True)
    address_digest = models.CharField(max_length=64, blank=True)
    source = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200, blank=True)
    #: The pseudonym of the person whose address or session it was; empty if there is none.
    person = models.CharField(max_length=20, blank=True)
    session_ref = models.CharField(max_length=32, blank=True)

    class Meta:
        indexes = [
            Index(fields=["kind", "id"], name="accounts_attempt_kind"),
            Index(fields=["at", "id"], name="accounts_attempt_time"),
            Index(fields=["request_id"], name="accounts_attempt_request"),
        ]

    def __str__(self) -> str:
        return self.ref


class NetworkCount(models.Model):
    """How often one network has recently tried addresses without an account."""

    network = models.CharField(max_length=43, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    #: How many are allowed in this window. It is random for each window, so that nobody can stop just below it.
    limit = models.PositiveIntegerField()
    since = models.DateTimeField(default=timezone.now)
    limited_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [Index(fields=["since"], name="accounts_network_since")]

    def __str__(self) -> str:
        return self.network
