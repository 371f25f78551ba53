"""Identifiers that sort by time: request ids (`acacia-01J…`), and UUIDv7 for rows."""

from __future__ import annotations

import re
import secrets
import time
import uuid
from contextvars import ContextVar

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: The id of the latest act outside a request, for the log lines of a command.
of_command: ContextVar[str] = ContextVar("of_command", default="")
SHAPE = re.compile(r"^[a-z][a-z0-9-]{1,31}-[0-9A-HJKMNP-TV-Z]{26}$")


def new_request_id(tenant: str) -> str:
    """`<tenant>-<26 characters>`: 48 bits of milliseconds, then 80 random bits, in Crockford's base 32."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    characters = []
    for _ in range(26):
        number, digit = divmod(number, 32)
        characters.append(CROCKFORD[digit])
    return f"{tenant}-{''.join(reversed(characters))}"


def uuid7() -> uuid.UUID:
    """A time-ordered UUID (RFC 9562, version 7): 48 bits of milliseconds, 74 random bits."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=number)
