"""Advisory locks: one 64-bit key per purpose and subject."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def key(purpose: str, subject: object) -> int:
    """The 64-bit key of a PostgreSQL advisory lock, the same in every process."""
    digest = hashlib.sha256(f"{purpose}:{subject}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


@contextmanager
def advisory_lock(purpose: str, subject: object) -> Iterator[None]:
    """Hold a session lock: one session at a time, across all processes and several transactions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [key(purpose, subject)])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key(purpose, subject)])
