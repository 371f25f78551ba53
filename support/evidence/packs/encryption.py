"""Encrypts packs that leave Asora: AES-256-GCM in chunks, under a key that scrypt derives from a passphrase.

The passphrase has 128 bits, so it cannot be guessed; it is shown once and stored nowhere. The layout of the file is
read by `audit.seals.verify`: its header is authenticated with every chunk, and the last chunk has a mark of its own,
so that no byte can be changed and nothing can be cut off.
"""

from __future__ import annotations

import base64
import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audit.seals.verify import CHUNK, MAGIC, NONCE, SALT, chunk_nonce, derived_key

LOG_N = 15  # 32 MiB of memory for each derivation
PASSPHRASE = 16  # bytes
GROUP = 4  # letters


def new_passphrase() -> str:
    """A passphrase of 128 bits, in groups of letters and digits that cannot be mistaken for each other."""
    letters = base64.b32encode(secrets.token_bytes(PASSPHRASE)).decode().rstrip("=").lower()
    return "-".join(letters[start : start + GROUP] for start in range(0, len(letters), GROUP))


def encrypted(content: bytes, passphrase: str) -> bytes:
    """The encrypted file of a pack."""
    salt = secrets.token_bytes(SALT)
    prefix = secrets.token_bytes(NONCE)
    header = MAGIC + salt + bytes([LOG_N]) + prefix
    cipher = AESGCM(derived_key(passphrase, salt, log_n=LOG_N))
    starts = range(0, max(len(content), 1), CHUNK)
    chunks = [
        cipher.encrypt(
            chunk_nonce(prefix, number, is_last=number == len(starts) - 1),
            content[start : start + CHUNK],
            header,
        )
        for number, start in enumerate(starts)
    ]
    return header + b"".join(chunks)
