"""Reading people again after an action."""

from __future__ import annotations

from asora.accounts.models import User


def again(user: User) -> User:
    """The person as the database has them now."""
    return User.objects.get(pk=user.pk)
