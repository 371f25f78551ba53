"""Reading the recorded sign-in attempts."""

from __future__ import annotations

from asora.accounts.models import SignInAttempt


def traces(**lookup) -> list[SignInAttempt]:
    return list(SignInAttempt.objects.filter(**lookup).order_by("pk"))
