"""Second factors: an authenticator app (RFC 6238), and recovery codes for when the app is lost."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from asora.accounts.models.people import User


class SecondFactor(models.Model):
    """One person's authenticator app. The secret is encrypted (see `asora.kernel.secrets`) and never shown again."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="second_factor"
    )
    secret = models.BinaryField(editable=False)
    #: The time step of the last used code, because a code works only once.
    last_step = models.BigIntegerField(default=0)
    confirmed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.user_id}: authenticator app"


class RecoveryCode(models.Model):
    """A single-use code instead of the app's. Only its digest is stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=128)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="accounts_recovery_code_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: recovery code, {'used' if self.used_at else 'unused'}"
