"""Checks that a connection keeps its session. Behind a pooler in transaction mode it does not.

There, one request's search_path would apply to another request's connection, of another tenant. Two queries on one
connection do not reveal it, because an idle pooler assigns the same server process again. So a second connection keeps
a transaction open between the two queries, which occupies that process.
"""

from __future__ import annotations

import contextlib
import secrets
import select
import threading
import time
from typing import Any

import psycopg
from django.db.utils import OperationalError
from psycopg.pq import ExecStatus

#: Seconds between two checks of new connections in a process.
LOOKED_EVERY = 60.0
#: Seconds to wait for the second connection's transaction. A pooler in session mode may have no process left for it.
PATIENCE = 5.0
# The limit is for a pooler with a single process, where the second query would wait for the second connection.
HOLD = b"BEGIN; SET LOCAL idle_in_transaction_session_timeout = '3s'; SELECT 1"
PROTOCOL_VIOLATION = b"08P01"  # the response to BEGIN of a pooler in statement mode
ASK = "SELECT pg_backend_pid(), current_setting('asora.probe', true)"
MARK = "SELECT pg_backend_pid(), set_config('asora.probe', %s, false)"

NOT_KEPT = (
    "a connection pooler runs in transaction mode, so one tenant's search_path would leak to another; "
    "set the pooler to session mode"
)

_lock = threading.Lock()
_looked_at: float | None = None


class SessionNotKept(OperationalError):
    """The connection goes through a pooler that shares its session with others."""

    def __init__(self) -> None:
        super().__init__(NOT_KEPT)


def look_now_and_then(first: psycopg.Connection[Any], parameters: dict[str, Any]) -> None:
    """Check the first new connection of this process, and then one per minute. Raises SessionNotKept."""
    global _looked_at  # noqa: PLW0603 - one per process
    with _lock:
        if _looked_at is not None and time.monotonic() - _looked_at < LOOKED_EVERY:
            return
        before, _looked_at = _looked_at, time.monotonic()
    by_itself, first.autocommit = first.autocommit, True
    try:
        is_kept = keeps_its_session(first, parameters)
    except psycopg.Error:
        _looked_at = before
        raise
    first.autocommit = by_itself
    if not is_kept:
        _looked_at = None  # the next connection is checked again
        raise SessionNotKept


def keeps_its_session(first: psycopg.Connection[Any], parameters: dict[str, Any]) -> bool:
    """Return True if two transactions in a row run in the same server process with the same settings.

    `first` must not be in a transaction, because a pooler uses one process for all of it. `parameters` open another
    connection like it. Raises the driver's errors.
    """
    mark = first.execute(MARK, [secrets.token_hex(8)]).fetchone()
    beside = {"connect_timeout": int(PATIENCE), **parameters}
    with contextlib.closing(psycopg.connect(**beside, autocommit=True)) as second:
        if not _takes_a_process(second.pgconn):
            return False
        return first.execute(ASK).fetchone() == mark


def _takes_a_process(second: Any) -> bool:
    """Start a transaction and leave it open; False if the pooler does not support transactions.

    This bypasses the driver, which would wait endlessly. If the pooler has no process left, the check finds nothing.
    """
    second.send_query(HOLD)
    deadline = time.monotonic() + PATIENCE
    while second.is_busy():
        ready, _, _ = select.select([second.socket], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return True
        second.consume_input()
    while result := second.get_result():
        if result.status == ExecStatus.FATAL_ERROR and _sqlstate(result) == PROTOCOL_VIOLATION:
            return False
    return True


def _sqlstate(result: Any) -> bytes | None:
    found: bytes | None = result.error_field(psycopg.pq.DiagnosticField.SQLSTATE)
    return found
