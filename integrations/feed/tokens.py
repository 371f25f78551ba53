"""Feed tokens: how they are made, recognised and compared. A token that was mistyped is refused without a query.

A token is `asora_feed_`, 32 random letters and digits (190 bits), and a checksum of 6. The checksum is no secret: it
shows whether a text can be a token at all, also to scanners that look for leaked tokens.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib

from django.utils.translation import gettext as _

MARK = "asora_feed_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH, CHECKSUM_LENGTH = 32, 6
#: How much of a token is stored and shown, to tell tokens apart: the mark and five of its random characters.
SHOWN = len(MARK) + 5
SHAPE = re.compile(rf"{MARK}[0-9A-Za-z]{{{RANDOM_LENGTH + CHECKSUM_LENGTH}}}")


def generate() -> str:
    """A new token."""
    start = MARK + "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return start + checksum(start)


def checksum(start: str) -> str:
    """The last characters of the token that starts with `start`: its CRC-32, written in base 62."""
    rest, text = zlib.crc32(start.encode()), ""
    for _place in range(CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(ALPHABET))
        text = ALPHABET[digit] + text
    return text


def is_token(text: str) -> bool:
    """Returns True if the text has the shape of a token, and the checksum of its other characters."""
    return bool(SHAPE.fullmatch(text)) and text.endswith(checksum(text[:-CHECKSUM_LENGTH]))


def prefix(token: str) -> str:
    """The part of a token that is stored and shown."""
    return token[:SHOWN]


def digest(token: str) -> str:
    """What is stored of a token: its SHA-256. A random text of 190 bits needs neither salt nor a slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def of_header(header: str) -> str | None:
    """The token of an `Authorization: Bearer …` header; None if the header has none that can be one."""
    scheme, text = _parts(header)
    return text if scheme == "bearer" and is_token(text) else None


def fault_of(header: str) -> str:
    """What is wrong with an `Authorization` header that has no valid token. Nothing of the header is repeated."""
    scheme, text = _parts(header)
    if not scheme:
        return _("The header “Authorization” is missing.")
    if scheme != "bearer":
        return _("The header “Authorization” has another scheme than “Bearer”.")
    if not text:
        return _("There is no token after “Bearer”.")
    if not SHAPE.fullmatch(text):
        return _("The text after “Bearer” is not a feed token: its length or its letters are different.")
    if not is_token(text):
        return _("The token was mistyped: its last characters do not fit the others.")
    return _("This token belongs to no endpoint here.")


def _parts(header: str) -> tuple[str, str]:
    scheme, _space, text = header.strip().partition(" ")
    return scheme.lower(), text.strip()
