"""The part of a receiver's answer that is kept: its first kilobyte as text, without secrets.

A receiver knows the signing secrets, and may repeat them or secrets of its own in an error message. The answer was cut
before anybody could read it, so JSON in it is incomplete, and a secret at its end may be half there.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable

from audit.events.redaction import HUMP, MASK, SECRET_KEYS, redact
from integrations.signatures.secrets import PREFIX

MAX_BYTES = 1024
#: So many characters of a secret at the end of a text are taken for its beginning.
MIN_TAIL = 4
#: A name and its value, as in `"password": "x"`, `token=x`, `api_key: x`.
NAMED = re.compile(
    r"""(?P<name>[A-Za-z][\w.-]{1,60})(?P<between>["']?\s*[:=]\s*["']?)(?P<value>[^\s"'&,;<>{}\[\]]+)"""
)
#: The beginning of a known kind of secret at the end of a text, where its detector sees too little of it.
CUT_TAIL = re.compile(r"(?:whsec_|asora_feed_|(?:Bearer|Basic)\s+|eyJ)[A-Za-z0-9._~+/=-]*\Z", re.IGNORECASE)


def kept(text: str, *, secrets: Iterable[bytes]) -> str:
    """The text of an answer without secrets, at most a kilobyte. `secrets`: those of the endpoint, in any spelling."""
    spellings = [spelling for secret in secrets for spelling in _spellings(secret)]
    for spelling in spellings:
        text = text.replace(spelling, MASK)
    text = _without_tail(text, spellings)
    cleaned, _removed = redact(text)
    text = NAMED.sub(_masked, str(cleaned))
    text = CUT_TAIL.sub(MASK, text)
    return text.replace("\x00", "").encode(errors="replace")[:MAX_BYTES].decode(errors="ignore")


def _spellings(secret: bytes) -> Iterable[str]:
    """A secret in base64 and hexadecimal, and its text in base64 again, as a header or a log of the receiver has it."""
    plain, for_urls = base64.b64encode(secret).decode(), base64.urlsafe_b64encode(secret).decode()
    yield from (plain, plain.rstrip("="), for_urls, for_urls.rstrip("="), secret.hex(), secret.hex().upper())
    for text in (f"{PREFIX}{plain}", plain):
        yield base64.b64encode(text.encode()).decode().rstrip("=")


def _without_tail(text: str, spellings: Iterable[str]) -> str:
    """The text without the beginning of a secret at its end."""
    tails = (
        length
        for spelling in spellings
        for length in range(len(spelling) - 1, MIN_TAIL - 1, -1)
        if text.endswith(spelling[:length])
    )
    longest = max(tails, default=0)
    return text[:-longest] + MASK if longest else text


def _masked(found: re.Match[str]) -> str:
    is_secret = SECRET_KEYS.search(HUMP.sub("_", found["name"])) and found["value"] not in {
        "null",
        "true",
        "false",
    }
    return f"{found['name']}{found['between']}{MASK}" if is_secret else found[0]
