"""Signs packs: the manifest inside, and at the end of the zip file every byte of it.

The key is derived from the sealing seed, which is outside of the database, under a label of its own.
"""

from __future__ import annotations

import hashlib
import zipfile
from typing import IO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from audit.seals.checkpoint import sign
from audit.seals.keys import NoSealingKey, SigningKey, has_key
from audit.seals.verify import signed_text

LABEL = b"asora evidence pack key 1\x00"
SIGNATURE = "signature.txt"
DATE = (2000, 1, 1, 0, 0, 0)
BLOCK = 1 << 20


def current_key() -> SigningKey:
    """The key that signs new packs. Raises NoSealingKey."""
    if not has_key():
        raise NoSealingKey("ASORA_SEALING_KEY is not set, so no pack can be signed.")
    return derived(settings.ASORA_SEALING_KEYS[0])


def public_key() -> str:
    """The public key that verifies new packs; empty if this installation cannot sign."""
    return str(current_key().verifier) if has_key() else ""


def derived(seed: bytes) -> SigningKey:
    """The key of packs of a seed, 32 bytes."""
    secret = HKDF(algorithm=SHA256(), length=32, salt=None, info=LABEL).derive(seed)
    name = f"{settings.DOMAIN}/support/packs"
    return SigningKey(name=name, secret=Ed25519PrivateKey.from_private_bytes(secret))


def sign_pack(file: IO[bytes], key: SigningKey) -> None:
    """Sign a zip file with a manifest: add the signature of the manifest, and end the file with that of its bytes."""
    # The signature of the file follows its end record, which has the length of the signature.
    length = len(_signature("file", hashlib.sha256().hexdigest(), key))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as book:
        manifest = hashlib.sha256(book.read("manifest.json")).hexdigest()
        entry = zipfile.ZipInfo(SIGNATURE, DATE)
        entry.external_attr = 0o644 << 16
        book.writestr(entry, _signature("manifest", manifest, key))
        book.comment = b"-" * length
    file.seek(-length, 2)
    end = file.tell()
    signature = _signature("file", _digest(file, end), key)
    file.seek(end)
    file.write(signature)


def _signature(what: str, digest: str, key: SigningKey) -> bytes:
    return sign(signed_text(what, digest), key).encode()


def _digest(file: IO[bytes], end: int) -> str:
    """SHA-256 of the first bytes of a file."""
    file.seek(0)
    digest, left = hashlib.sha256(), end
    while block := file.read(min(BLOCK, left)):
        digest.update(block)
        left -= len(block)
    return digest.hexdigest()
