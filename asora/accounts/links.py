"""Links that let somebody in: signed, for one purpose, for one schema. What they name decides whether they still do."""

from __future__ import annotations

from typing import Any

from django.core import signing
from django.utils.translation import gettext as _

from asora.kernel import binding
from asora.kernel.refusals import AuthRequired, Reason


def token(purpose: str, **claims: str) -> str:
    """The secret part of a link of the current schema."""
    schema = binding.schema_name()
    return signing.dumps({**claims, "schema": schema}, salt=_salt(purpose, schema))


def read(purpose: str, text: str) -> dict[str, Any]:
    """What a token of this schema says. Refusals: AUTH_REQUIRED LINK_INVALID."""
    schema = binding.schema_name()
    try:
        claims: dict[str, Any] = signing.loads(text, salt=_salt(purpose, schema))
    except signing.BadSignature as error:
        raise invalid() from error
    if claims.get("schema") != schema:
        raise invalid()
    return claims


def invalid() -> AuthRequired:
    """The one answer to every link that lets nobody in: wrong, used, run out, withdrawn, or another host's."""
    return AuthRequired(
        _("This link lets nobody in (any more)."),
        reason=Reason.LINK_INVALID,
        details={"remedy": _("Ask whoever sent it to you for a new one.")},
    )


def _salt(purpose: str, schema: str) -> str:
    return f"asora.accounts.links:{purpose}:{schema}"
