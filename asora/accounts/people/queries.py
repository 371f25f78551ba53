"""Named reads of the people of a host and of their invitations."""

from __future__ import annotations

from dataclasses import replace

from django.utils.crypto import constant_time_compare

from asora.accounts.models import Invitation, User
from asora.accounts.roles.table import ACCEPT_INVITATION, ACTOR_TYPES
from asora.accounts.sign_in import links
from asora.kernel import binding
from asora.kernel.act import Act
from asora.kernel.actors import Actor


def names() -> dict[str, str]:
    """The names of all people of the current schema, by pseudonym; erased people have none."""
    return dict(User.objects.exclude(name="").values_list("ref", "name"))


def invitation_of(token: str) -> Invitation:
    """The invitation of the link with `token`, if it can be accepted. Refusals: AUTH_REQUIRED LINK_INVALID."""
    claims = links.read("invitation", token)
    row = Invitation.objects.filter(ref=claims["ref"]).first()
    if row is None or not row.is_acceptable or not constant_time_compare(row.nonce, claims["nonce"]):
        raise links.invalid()
    return row


def act_of_invited(act: Act, invitation: Invitation) -> Act:
    """The act of the holder of a valid link: as the person they will become, allowed only to accept the invitation."""
    kind = ACTOR_TYPES.get(invitation.role, "user") if binding.schema_name() == binding.PUBLIC else "user"
    actor = Actor(
        schema=binding.schema_name(),
        type=kind,
        ref=invitation.ref,
        roles=("invited",),
        granted=frozenset({ACCEPT_INVITATION}),
    )
    return replace(act, actor=actor)
