"""Links in mails by which a person rates support's work without signing in. They can do nothing else."""

from __future__ import annotations

from dataclasses import replace

from django_tenants.utils import tenant_context

from asora.accounts.models import User
from asora.accounts.sign_in import links
from asora.kernel import binding
from asora.kernel.act import Act
from asora.kernel.actors import Actor
from plans.models import Tenant
from support.help import queries
from support.tickets.models import Ticket

PURPOSE = "rate-ticket"


def token_for(tenant: Tenant, ticket: Ticket, person: str) -> str:
    """The secret part of the link of one person for one ticket."""
    with tenant_context(tenant):
        return links.token(PURPOSE, ticket=ticket.ref, person=person)


def read(act: Act, token: str) -> tuple[Act, Ticket]:
    """The act of the person of a link, without any permission, and the ticket that it is about. The tenant is bound.

    Refusals: AUTH_REQUIRED LINK_INVALID, also if the person is no longer active or may no longer see the ticket.
    """
    claims = links.read(PURPOSE, token)
    person = User.objects.filter(ref=claims.get("person"), is_active=True).first()
    if person is None:
        raise links.invalid()
    actor = Actor(schema=binding.schema_name(), type="user", ref=person.ref, roles=("holder of a link",))
    theirs = replace(act, actor=actor)
    ticket = queries.by_ref(theirs, str(claims.get("ticket", "")))
    if ticket is None:
        raise links.invalid()
    return theirs, ticket
