"""Secrets at rest: encrypted under a key of their schema, and bound to one field of one row.

A ciphertext that is copied to another tenant, person or column cannot be decrypted there.
"""

from __future__ import annotations

import json
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

from asora.kernel import binding

NONCE_BYTES = 12


class Unreadable(Exception):
    """The ciphertext was made for another place or under another key, or it was changed."""


def seal(plain: str, *, table: str, row: object, field: str) -> bytes:
    """Encrypt for `field` of `row` of `table` in the current schema: nonce, ciphertext and tag."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(_key(settings.SECRET_KEY)).encrypt(nonce, plain.encode(), _place(table, row, field))


def unseal(sealed: bytes, *, table: str, row: object, field: str) -> str:
    """Decrypt a ciphertext that `seal` made for the same place. Raises `Unreadable`."""
    nonce, ciphertext = bytes(sealed[:NONCE_BYTES]), bytes(sealed[NONCE_BYTES:])
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return AESGCM(_key(secret)).decrypt(nonce, ciphertext, _place(table, row, field)).decode()
        except (InvalidTag, ValueError):
            continue
    raise Unreadable(f"{table} {row}: {field}")


def is_of_current_key(sealed: bytes, *, table: str, row: object, field: str) -> bool:
    """Return True if `sealed` can be decrypted without SECRET_KEY_FALLBACKS."""
    nonce, ciphertext = bytes(sealed[:NONCE_BYTES]), bytes(sealed[NONCE_BYTES:])
    try:
        AESGCM(_key(settings.SECRET_KEY)).decrypt(nonce, ciphertext, _place(table, row, field))
    except (InvalidTag, ValueError):
        return False
    return True


def _key(secret: str | bytes) -> bytes:
    purpose = f"asora.accounts.secrets:{binding.schema_name()}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(force_bytes(secret))


def _place(table: str, row: object, field: str) -> bytes:
    return json.dumps([binding.schema_name(), table, str(row), field]).encode()
