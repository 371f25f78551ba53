"""Advisory locks: one 64-bit key per purpose and subject."""

from __future__ import annotations

import hashlib


def key(purpose: str, subject: object) -> int:
    """A signed 64-bit key for `pg_advisory_xact_lock`, the same in every process."""
    digest = hashlib.sha256(f"{purpose}:{subject}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
