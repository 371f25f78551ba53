"""What is kept of a receiver's answer: its first kilobyte as text, without secrets."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from audit.events.redaction import MASK, redact

MAX_BYTES = 1024


def kept(text: str, *, secrets: Iterable[bytes]) -> str:
    """The text of an answer, redacted, at most a kilobyte. `secrets`: what it must not contain in any spelling.

    A receiver knows the signing secrets and may repeat them in an error message.
    """
    for secret in secrets:
        for spelling in _spellings(secret):
            text = text.replace(spelling, MASK)
    cleaned, _removed = redact(text)
    return str(cleaned).replace("\x00", "").encode(errors="replace")[:MAX_BYTES].decode(errors="ignore")


def _spellings(secret: bytes) -> Iterable[str]:
    plain, for_urls = base64.b64encode(secret).decode(), base64.urlsafe_b64encode(secret).decode()
    yield from (plain, plain.rstrip("="), for_urls, for_urls.rstrip("="), secret.hex(), secret.hex().upper())
