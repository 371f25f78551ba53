"""Connecting an authenticator app: the secret before it is confirmed, and the QR code that the app scans."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from django.contrib.sessions.backends.base import SessionBase
from django.utils.safestring import SafeString
from pyotp import TOTP, random_base32

from asora.accounts.models import User
from asora.kernel.qr import qr_code
from asora.kernel.secrets import Unreadable, seal, unseal

SESSION_KEY = "second_factor_to_confirm"
PLACE = {"table": "accounts_session", "field": SESSION_KEY}


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret as a page shows it: as a QR code, as a link for the same device, and as text to type."""

    secret: str
    address: str
    picture: SafeString

    @property
    def spelt(self) -> str:
        """The secret in groups of four."""
        return " ".join(self.secret[start : start + 4] for start in range(0, len(self.secret), 4))


def enrolment_of(session: SessionBase, user: User, *, issuer: str) -> Enrolment:
    """The secret that this session is about to confirm. It stays the same until then, or until the session ends."""
    secret = _stored_secret(session, user)
    if not secret:
        secret = random_base32()
        sealed = seal(secret, row=user.pk, **PLACE)
        session[SESSION_KEY] = base64.b64encode(sealed).decode()
    address = TOTP(secret).provisioning_uri(name=user.email, issuer_name=issuer)
    return Enrolment(secret=secret, address=address, picture=qr_code(address))


def forget(session: SessionBase) -> None:
    """Remove the secret from the session after it was confirmed or is no longer needed."""
    session.pop(SESSION_KEY, None)


def _stored_secret(session: SessionBase, user: User) -> str:
    if not session.get(SESSION_KEY):
        return ""
    try:
        return unseal(base64.b64decode(session[SESSION_KEY]), row=user.pk, **PLACE)
    except (Unreadable, ValueError):
        return ""  # made for another person, or under an earlier key
