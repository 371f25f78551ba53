"""The clock of what is recorded: the database's own, read in the statement that records.

A demo has a past, so its clock can be moved (`asora.demo.clock`). Its database, and no other, has the function
`asora_demo.clock()`: only the administrator of the embedded server can make it, and does so when it makes the database
(`asora.embedded.demo`). While a past is told, recording asks that function. In any other database the function is
missing: whatever somebody sets in a process, the statement fails there and nothing is recorded.
"""

from __future__ import annotations

from contextvars import ContextVar

from django.db import connection

OWN = "clock_timestamp()"
OF_A_DEMO = "asora_demo.clock()"
MARK = """
SELECT pg_get_userbyid(nspowner) <> current_user AND NOT pg_has_role(current_user, nspowner, 'MEMBER')
FROM pg_namespace WHERE nspname = 'asora_demo'
"""
#: Whether a demo's past is being told by this thread. Set by `asora.demo.clock` only.
is_moved: ContextVar[bool] = ContextVar("asora_clock_is_moved", default=False)


def sql() -> str:
    """The expression that says when something is recorded."""
    return OF_A_DEMO if is_moved.get() else OWN


def has_demo_clock() -> bool:
    """Whether this database was marked as a demo when it was made: by somebody whom the application cannot be."""
    with connection.cursor() as cursor:
        cursor.execute(MARK)
        row = cursor.fetchone()
    return bool(row and row[0])
