"""The address of somebody who takes part in a ticket: for the tenant's people, the present one of their account."""

from __future__ import annotations

from dataclasses import dataclass

from django_tenants.utils import tenant_context

from asora.accounts.models import User
from support.tickets.models import Participant
from support.tickets.participants import folded


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where a participant gets mail."""

    address: str
    name: str


def mailbox_of(participant: Participant) -> Mailbox | None:
    """Where a participant gets mail now; None if they were erased, or their account is no longer active.

    Reads the tenant's schema, so it is called outside of transactions.
    """
    tenant = participant.ticket.tenant
    if not participant.person or tenant is None:
        return Mailbox(participant.address, participant.name) if participant.address else None
    with tenant_context(tenant):
        person = User.objects.filter(ref=participant.person, is_active=True).first()
    return Mailbox(person.email, person.name) if person is not None and person.email else None


def is_address_of(participant: Participant, address: str) -> bool:
    """Returns True if the sender of a mail is the participant, by the address that they have now."""
    known = mailbox_of(participant)
    return known is not None and folded(known.address) == folded(address)
