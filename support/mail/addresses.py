"""Reply addresses: each belongs to one participant of one ticket, and is signed. Nothing else binds a mail to a ticket.

`reply+<participant><mac>@example.org`: 26 characters of base32 for the participant's id and 26 for the code, so the
address survives programs that write it in capitals, and its local part has less than 64 characters.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

SALT = "support.mail.addresses"
MAC_BYTES = 16
_TOKEN = re.compile(r"[a-z2-7]{52}\Z")
_LENGTH = 26


def is_on() -> bool:
    """Returns True if this installation sends and receives mail of the desk."""
    return bool(settings.ASORA_SUPPORT_ADDRESS)


def domain() -> str:
    """The domain of the desk's addresses."""
    return str(settings.ASORA_SUPPORT_REPLY_ADDRESS).rpartition("@")[2]


def reply_address(participant: UUID) -> str:
    """The address to which a participant answers."""
    local, _at, host = str(settings.ASORA_SUPPORT_REPLY_ADDRESS).rpartition("@")
    return f"{local}+{_base32(participant.bytes)}{_code(participant, settings.SECRET_KEY)}@{host}"


def participant_of(address: str) -> UUID | None:
    """The participant of a reply address; None if it is none, or its signature is wrong."""
    local, _at, host = str(settings.ASORA_SUPPORT_REPLY_ADDRESS).lower().rpartition("@")
    given_local, _given_at, given_host = address.strip().lower().rpartition("@")
    given_base, plus, token = given_local.partition("+")
    if (given_base, plus, given_host) != (local, "+", host) or not _TOKEN.match(token):
        return None
    named, code = token[:_LENGTH], token[_LENGTH:]
    try:
        participant = UUID(bytes=base64.b32decode(f"{named.upper()}======"))
    except ValueError:
        return None
    if _base32(participant.bytes) != named:  # the last character has bits that the id does not
        return None
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    fitting = [constant_time_compare(code, _code(participant, key)) for key in keys]
    return participant if any(fitting) else None


def ascii_form(address: str) -> str:
    """An address as mail servers write it: an international domain in Punycode.

    Raises ValueError if the part before the @ is not ASCII, or if the domain would be another one after that: some
    letters have two readings (`ß`, full-width letters), and mail servers do not agree about them.
    """
    local, _at, host = address.rpartition("@")
    if address.isascii():
        return address
    encoded = host.encode("idna").decode()
    if not local.isascii() or encoded.encode().decode("idna").lower() != host.lower():
        raise ValueError("this address has no ASCII form")
    return f"{local}@{encoded}"


def participants_of(addresses: Iterable[str]) -> set[UUID]:
    """The participants whose reply addresses are among these."""
    return {found for found in map(participant_of, addresses) if found is not None}


def is_own(address: str) -> bool:
    """Returns True if an address is the desk's own, or one of its reply addresses, signed or not."""
    given_local, _at, given_host = address.strip().lower().rpartition("@")
    plain = f"{given_local.partition('+')[0]}@{given_host}"
    own = (settings.ASORA_SUPPORT_ADDRESS, settings.ASORA_SUPPORT_REPLY_ADDRESS)
    return plain in {str(one).lower() for one in own}


def _code(participant: UUID, key: str) -> str:
    digest = salted_hmac(SALT, participant.bytes, secret=key, algorithm="sha256").digest()
    return _base32(digest[:MAC_BYTES])


def _base32(value: bytes) -> str:
    return base64.b32encode(value).decode().rstrip("=").lower()
