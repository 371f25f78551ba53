"""Named reads of the directory."""

from __future__ import annotations

import hashlib

from asora.accounts.models import User
from asora.kernel import binding
from asora.kernel.act import Actor


def actor_of(user: User, *, session_key: str = "") -> Actor:
    """The explicit actor for a signed-in user. The session is named by a digest, never by its key."""
    kind = {"agent": "support", "operator": "operator"}.get(user.role, "user")
    if binding.schema_name() != "public":
        kind = "user"
    return Actor(
        schema=user.schema or binding.schema_name(),
        type=kind,
        ref=user.ref,
        roles=(user.role,),
        session_ref=hashlib.sha256(session_key.encode()).hexdigest()[:16] if session_key else "",
        account=user,
    )


def names() -> dict[str, str]:
    """Pseudonym to name of everybody in the current schema's directory."""
    return dict(User.objects.values_list("ref", "name"))
