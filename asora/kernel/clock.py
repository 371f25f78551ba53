"""The clock for recorded times: the database's own clock, read in the statement that records.

Demo data includes a past, so the clock of a demo can be moved (`asora.demo.clock`). Only the database of a demo has
the function `asora_demo.clock()`: the administrator of the embedded server makes it together with the database
(`asora.embedded.demo`), and nobody else can. While demo data is written, recorded times come from that function. Any
other database lacks the function, so a statement that uses a moved clock fails there and records nothing.
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
#: True while this thread writes the past of a demo. Set only by `asora.demo.clock`.
is_moved: ContextVar[bool] = ContextVar("asora_clock_is_moved", default=False)


def sql() -> str:
    """The SQL expression for the recorded time."""
    return OF_A_DEMO if is_moved.get() else OWN


def has_demo_clock() -> bool:
    """Returns True if this database was created as a demo. The application's own role cannot set that mark."""
    with connection.cursor() as cursor:
        cursor.execute(MARK)
        row = cursor.fetchone()
    return bool(row and row[0])
