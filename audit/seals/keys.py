"""The keys that sign seals. They are derived from one seed per installation, which is outside of the database.

So nobody who can only write to the database can seal. Each schema has a key of its own, derived by HKDF with the
schema's name in its label; no other purpose uses these keys.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

LABEL = b"asora sealing key 1\x00"
#: The signature type of the C2SP signed note: Ed25519.
ED25519 = b"\x01"


class NoSealingKey(RuntimeError):
    """This installation has no sealing seed, so nothing can be sealed."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under its name, as the C2SP signed note writes it: `<name>+<key id>+<base64(type ‖ key)>`."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that name the key in a signature line."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """The key that a text names. Raises ValueError if the text is not a key, or its key id is wrong."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        raw = base64.b64decode(encoded, validate=True)
        key = cls(name=name, public=raw[1:])
        if raw[:1] != ED25519 or len(raw) != 33 or key.key_id.hex() != key_id or not is_key_name(name):
            raise ValueError("this is not an Ed25519 key of a signed note")
        return key

    def verifies(self, signature: bytes, text: bytes) -> bool:
        """Return True if this key made the signature (64 bytes) of the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key under the name of one stream's origin."""

    name: str
    secret: Ed25519PrivateKey

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(name=self.name, public=self.secret.public_key().public_bytes_raw())

    def sign(self, text: bytes) -> bytes:
        """The Ed25519 signature, 64 bytes."""
        return self.secret.sign(text)


def is_key_name(name: str) -> bool:
    """Return True for what the signed note accepts as the name of a key: not empty, no space, no plus sign."""
    return bool(name) and "+" not in name and not any(character.isspace() for character in name)


def derive(seed: bytes, *, schema: str, origin: str) -> SigningKey:
    """The key of a schema, under the name of one of its streams. `seed`: 32 bytes."""
    secret = HKDF(algorithm=SHA256(), length=32, salt=None, info=LABEL + schema.encode()).derive(seed)
    return SigningKey(name=origin, secret=Ed25519PrivateKey.from_private_bytes(secret))


def has_key() -> bool:
    """Return True if this installation can seal."""
    return bool(settings.ASORA_SEALING_KEYS)


def current_key(*, schema: str, origin: str) -> SigningKey:
    """The key that signs new seals. Raises NoSealingKey."""
    if not has_key():
        raise NoSealingKey("ASORA_SEALING_KEY is not set, so nothing is sealed.")
    return derive(settings.ASORA_SEALING_KEYS[0], schema=schema, origin=origin)


def key_of(verifier: VerifierKey, *, schema: str) -> SigningKey | None:
    """The private half of a public key, from the present seed or an earlier one that is still listed."""
    for seed in settings.ASORA_SEALING_KEYS:
        key = derive(seed, schema=schema, origin=verifier.name)
        if key.verifier == verifier:
            return key
    return None
