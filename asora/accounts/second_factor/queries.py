"""Named reads of second factors."""

from __future__ import annotations

from asora.accounts.models import RecoveryCode, User


def recovery_codes_left(user: User) -> int:
    """The number of unused recovery codes."""
    return RecoveryCode.objects.filter(user_id=user.pk, used_at=None).count()
