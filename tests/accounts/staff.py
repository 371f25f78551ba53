"""Reading people again after an action."""

from __future__ import annotations

from asora.accounts.models import User


def again(user: User) -> User:
    return User.objects.get(pk=user.pk)
