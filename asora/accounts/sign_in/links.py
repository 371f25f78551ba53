"""Signed links that give access without a session, each for one purpose and one schema.

The signature does not expire. The record that a link names (invitation, person) decides whether it is still valid.
"""

from __future__ import annotations

from django.core import signing
from django.utils.translation import gettext as _

from asora.kernel import binding
from asora.kernel.refusals import AuthRequired, Reason
from asora.kernel.shapes import Values


def token(purpose: str, **claims: str) -> str:
    """The secret part of a link of the current schema."""
    schema = binding.schema_name()
    return signing.dumps({**claims, "schema": schema}, salt=_salt(purpose, schema))


def read(purpose: str, text: str) -> Values:
    """The claims of a token of this schema. Refusals: AUTH_REQUIRED LINK_INVALID."""
    schema = binding.schema_name()
    try:
        claims: Values = signing.loads(text, salt=_salt(purpose, schema))
    except signing.BadSignature as error:
        raise invalid() from error
    if claims.get("schema") != schema:
        raise invalid()
    return claims


def invalid() -> AuthRequired:
    """The one refusal of every invalid link: wrong, used, expired, withdrawn, or of another host."""
    return AuthRequired(
        _("This link is invalid or has expired."),
        reason=Reason.LINK_INVALID,
        details={"remedy": _("Ask the person who sent it to you for a new link.")},
    )


def _salt(purpose: str, schema: str) -> str:
    return f"asora.accounts.links:{purpose}:{schema}"
