"""Who may write to a ticket by e-mail: undecorated, for the bodies of actions.

The address can be erased. Its digest is made with the installation's key, so it finds a ticket by an address and does
not reveal the address.
"""

from __future__ import annotations

import unicodedata

from django.utils.crypto import salted_hmac

from support.tickets.models import Participant, Ticket
from support.tickets.queries import merged_family

MAX_NAME = 120


def folded(address: str) -> str:
    """An address as it is compared: without blanks around it, in one Unicode form, in small letters."""
    return unicodedata.normalize("NFKC", address).strip().casefold()


def digest_of(address: str) -> str:
    """The keyed digest of an address."""
    return salted_hmac("support.tickets.participants", folded(address), algorithm="sha256").hexdigest()


def add(ticket: Ticket, *, address: str, name: str = "", person: str = "") -> Participant:
    """Let somebody write to a ticket by e-mail. Twice is once. `person`: the pseudonym of a person of the tenant."""
    values = {"address": address.strip(), "name": name[:MAX_NAME], "person": person}
    row, _is_new = Participant.objects.get_or_create(
        ticket=ticket, digest=digest_of(address), defaults=values
    )
    return row


def has_strangers(ticket: Ticket, *, beside: Ticket) -> bool:
    """Whether somebody without an account takes part in a ticket, or in one merged into it.

    Somebody whose address is that of a person with an account who takes part there or in `beside` is no stranger.
    """
    family = merged_family(ticket)
    everybody = Participant.objects.filter(ticket__in=[*family, *merged_family(beside)])
    known = everybody.exclude(person="").values("digest")
    theirs = Participant.objects.filter(ticket__in=family, person="").exclude(address="")
    return theirs.exclude(digest__in=known).exists()


def author_of(participant: Participant) -> str:
    """How messages name a participant as their author: by the person of the tenant, or by the participant."""
    tenant = participant.ticket.tenant
    if participant.person and tenant is not None:
        return f"{tenant.schema_name}:{participant.person}"
    return f"mail:{participant.pk}"


def of_address(ticket: Ticket, address: str) -> Participant | None:
    """The participant of a ticket with this address; None if nobody has it, or they were erased."""
    return Participant.objects.filter(ticket=ticket, digest=digest_of(address)).first()
