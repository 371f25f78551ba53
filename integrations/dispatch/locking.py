"""Who sends to an endpoint: one process at a time, by a lock of a database session of its own.

The lock is held through all transactions of a dispatch and is released at once if the process dies. That is how a
dispatch that was interrupted is distinguished from one that takes long.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import connection, connections

from asora.kernel import asked, binding, locks, looking

#: pg_locks shows a 64-bit key as two halves.
HELD = """
SELECT EXISTS (
    SELECT 1 FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND classid::bigint = %s AND objid::bigint = %s
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
"""


class Sender:
    """The right to send to one endpoint, once it is taken."""

    def __init__(self, endpoint: UUID) -> None:
        self.endpoint = endpoint
        self._database: Any = None
        self._is_taken = False

    def take(self) -> bool:
        """Take the lock, or have it already. Returns False if another process sends to the endpoint.

        A look only asks whether a dispatch would be allowed: it locks nothing, and the dispatch's row answers.
        """
        if self._is_taken or looking.is_on():
            return True
        if self._database is None:
            self._database = connections.create_connection("default")
            # The settings of the present connection, not those of the alias: tests point it to another database.
            self._database.settings_dict = connection.settings_dict
            self._database.set_tenant(binding.tenant())
        with self._database.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_key(self.endpoint)])
            self._is_taken = bool(cursor.fetchone()[0])
        return self._is_taken

    def release(self) -> None:
        """End the session and with it the lock."""
        if self._database is not None:
            self._database.close()
        self._database, self._is_taken = None, False


@contextmanager
def sender(endpoint: UUID) -> Iterator[Sender]:
    """The right to send to an endpoint of the bound tenant, until the end of the block. It is not taken yet."""
    made = Sender(endpoint)
    try:
        yield made
    finally:
        made.release()


def is_sending(endpoint: UUID) -> bool:
    """Returns True if a process sends to an endpoint of the bound tenant now."""
    key = _key(endpoint)
    with connection.cursor() as cursor:
        cursor.execute(HELD, [key >> 32 & 0xFFFFFFFF, key & 0xFFFFFFFF])
        return bool(cursor.fetchone()[0])


def _key(endpoint: UUID) -> int:
    return locks.key("dispatch", f"{binding.schema_name()}:{endpoint}")


asked.register(
    Sender,
    "integrations.sender",
    to_json=lambda sender, _writer: str(sender.endpoint),
    from_json=lambda stored: Sender(UUID(stored)),
)
