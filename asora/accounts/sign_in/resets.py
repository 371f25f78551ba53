"""Links to a new password: signed, for one person of one schema, valid for an hour and for one use.

The signature covers the password's digest, the address and the last sign-in, so a change of any of them ends the link.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils import timezone

from asora.accounts.models import User
from asora.accounts.sign_in import links

PURPOSE = "password-reset"
SENT_EVERY = timedelta(minutes=5)
_GENERATOR = PasswordResetTokenGenerator()


def reset_token(user: User) -> str:
    """The secret part of the link."""
    return links.token(PURPOSE, ref=user.ref, key=_GENERATOR.make_token(user))


def person_of_reset(token: str) -> User:
    """The person of a valid link. Refusals: AUTH_REQUIRED LINK_INVALID."""
    claims = links.read(PURPOSE, token)
    user = User.objects.filter(ref=claims["ref"], is_active=True).first()
    if user is None or not _GENERATOR.check_token(user, claims["key"]):
        raise links.invalid()
    return user


def may_be_sent(user: User) -> bool:
    """Return True if the last link was sent long enough ago."""
    last = user.reset_sent_at
    return user.is_active and (last is None or timezone.now() - last >= SENT_EVERY)
