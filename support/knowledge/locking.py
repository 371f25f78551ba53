"""The lock of the knowledge room."""

from __future__ import annotations

from django.db import connection

from asora.kernel import locks


def one_at_a_time() -> None:
    """Wait for other changes of the room, until this transaction ends: numbers are found by reading the last one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.key("knowledge", "publish")])
