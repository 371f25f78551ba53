"""Whether the door has committed anything for the request that this thread is answering.

What fails after a commit (saving the session, rendering the page) must not say that nothing was changed. A connection
that is lost while PostgreSQL commits leaves both possible, and the answer has to say that, too.
"""

from __future__ import annotations

from contextvars import ContextVar
from enum import IntEnum

from django.db import DatabaseError

# Without a code, or with one of these, an error does not prove that the transaction was rolled back.
_CONNECTION_CLASS = "08"
_SERVER_GONE = {"57P02", "57P03"}


class CommitState(IntEnum):
    """What is known about changes of this request."""

    NOTHING = 0
    COMMITTING = 1
    COMMITTED = 2


_state: ContextVar[CommitState] = ContextVar("commit_state", default=CommitState.NOTHING)


def begin() -> None:
    """A new request: nothing has been committed for it."""
    _state.set(CommitState.NOTHING)


def current() -> CommitState:
    """What is known now."""
    return _state.get()


def committing() -> None:
    """The next thing sent to the database is the commit."""
    _raise_to(CommitState.COMMITTING)


def committed() -> None:
    """The database has confirmed the commit."""
    _raise_to(CommitState.COMMITTED)


def rolled_back(error: DatabaseError) -> None:
    """Take `committing` back if this error proves that the transaction was rolled back."""
    sqlstate = getattr(error.__cause__, "sqlstate", None) or ""
    is_proof = sqlstate and not sqlstate.startswith(_CONNECTION_CLASS) and sqlstate not in _SERVER_GONE
    if is_proof and current() is CommitState.COMMITTING:
        _state.set(CommitState.NOTHING)


def _raise_to(state: CommitState) -> None:
    _state.set(max(state, _state.get()))
