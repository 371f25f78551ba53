"""The shared secret of an endpoint, as Standard Webhooks write it: `whsec_` and base64."""

from __future__ import annotations

import base64
import secrets

PREFIX = "whsec_"
#: Standard Webhooks allow 24 to 64 bytes.
BYTES = 32


def generate() -> str:
    """A new secret: 32 random bytes as `whsec_<base64>`."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def decoded(text: str) -> bytes:
    """The bytes of a secret as `generate` writes it. Raises ValueError, without the text, for anything else."""
    if not text.startswith(PREFIX):
        raise ValueError("this is not the secret of an endpoint")
    try:
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise ValueError("this is not the secret of an endpoint") from None
