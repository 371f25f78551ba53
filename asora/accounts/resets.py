"""Links to a new password: signed, for one person of one schema, good for an hour and until it is used.

What makes one worthless is part of it: the digest of the password, the address, and the last sign-in.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils import timezone

from asora.accounts import links
from asora.accounts.models import User

PURPOSE = "password-reset"
SENT_EVERY = timedelta(minutes=5)
_GENERATOR = PasswordResetTokenGenerator()


def reset_token(user: User) -> str:
    """The secret part of the link."""
    return links.token(PURPOSE, ref=user.ref, key=_GENERATOR.make_token(user))


def person_of_reset(token: str) -> User:
    """Whom a link names, while it is good. Refusals: AUTH_REQUIRED LINK_INVALID."""
    claims = links.read(PURPOSE, token)
    user = User.objects.filter(ref=claims["ref"], is_active=True).first()
    if user is None or not _GENERATOR.check_token(user, claims["key"]):
        raise links.invalid()
    return user


def may_be_sent(user: User) -> bool:
    """Whether the last link was sent long enough ago."""
    last = user.reset_sent_at
    return user.is_active and (last is None or timezone.now() - last >= SENT_EVERY)
