"""The webhook key of a tenant: an Ed25519 key for receivers that want no shared secret.

It is derived from the installation's seed, like the sealing key of the tenant but under another label. So neither key
tells anything about the other, and a signature by one is never valid for the other.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

LABEL = b"asora webhook key 1\x00"
PREFIX = "whpk_"
#: The present seed and the one before it. Both sign, so that receivers have time to take over the new public key.
MAX_SEEDS = 2


@dataclass(frozen=True, slots=True)
class WebhookKey:
    """A private key that signs payloads. Its representation does not show the key."""

    secret: Ed25519PrivateKey

    def sign(self, content: bytes) -> bytes:
        """The Ed25519 signature, 64 bytes."""
        return self.secret.sign(content)

    @property
    def public(self) -> bytes:
        """The public half, 32 bytes."""
        return self.secret.public_key().public_bytes_raw()

    @property
    def public_text(self) -> str:
        """The public half as Standard Webhooks write it: `whpk_` and base64."""
        return PREFIX + base64.b64encode(self.public).decode()


def derive(seed: bytes, *, schema: str) -> WebhookKey:
    """The webhook key of a schema. `seed`: 32 bytes."""
    secret = HKDF(algorithm=SHA256(), length=32, salt=None, info=LABEL + schema.encode()).derive(seed)
    return WebhookKey(Ed25519PrivateKey.from_private_bytes(secret))


def webhook_keys(*, schema: str) -> tuple[WebhookKey, ...]:
    """The keys that sign payloads of a schema now, newest first.

    Two while the installation's seed is being replaced; none if the installation has no seed.
    """
    return tuple(derive(seed, schema=schema) for seed in settings.ASORA_SEALING_KEYS[:MAX_SEEDS])
