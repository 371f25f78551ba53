"""The address of somebody who takes part in a ticket: for the tenant's people, the present one of their account."""

from __future__ import annotations

from dataclasses import dataclass

from django_tenants.utils import tenant_context

from asora.accounts.models import User
from support.mail.addresses import ascii_form
from support.tickets.models import Participant
from support.tickets.participants import folded


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where a participant gets mail. `may_read`: whether a mail to them contains what the desk wrote."""

    address: str
    name: str
    may_read: bool


def mailbox_of(participant: Participant) -> Mailbox | None:
    """Where a participant gets mail now; None if they were erased, or their account is no longer active.

    In the ticket of a tenant, messages are read by people with an active account there: those who asked in Asora, and
    those who wrote from the address of their account. Reads the tenant's schema, so call it outside of transactions.
    """
    tenant = participant.ticket.tenant
    if not participant.person and not participant.address:
        return None
    stranger = Mailbox(participant.address, participant.name, may_read=tenant is None)
    if tenant is None:
        return stranger if participant.address else None
    with tenant_context(tenant):
        people = User.objects.with_address(participant.address)
        if participant.person:
            people = User.objects.filter(ref=participant.person)
        person = people.filter(is_active=True).first()
    if person is not None and person.email:
        return Mailbox(person.email, person.name, may_read=True)
    return None if participant.person else stranger


def is_address_of(participant: Participant, address: str) -> bool:
    """Returns True if the sender of a mail is the participant, by the address that they have now.

    `address`: in its ASCII form, as `parsing` returns it.
    """
    known = mailbox_of(participant)
    if known is None:
        return False
    try:
        return folded(ascii_form(known.address)) == folded(address)
    except ValueError:
        return False
