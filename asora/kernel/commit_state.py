"""Remembers whether the door has committed anything for the current request.

If something fails after a commit (saving the session, rendering the page), the answer must not claim that nothing was
changed. If the connection is lost during the commit, both are possible, and the answer must say so.
"""

from __future__ import annotations

from contextvars import ContextVar
from enum import IntEnum

from django.db import DatabaseError

# An error without a code, or with one of these codes, does not prove that the transaction was rolled back.
_CONNECTION_CLASS = "08"
_SERVER_GONE = {"57P02", "57P03"}


class CommitState(IntEnum):
    """What is known about the changes of this request."""

    NOTHING = 0
    COMMITTING = 1
    COMMITTED = 2


_state: ContextVar[CommitState] = ContextVar("commit_state", default=CommitState.NOTHING)


def begin() -> None:
    """A new request starts: nothing has been committed."""
    _state.set(CommitState.NOTHING)


def current() -> CommitState:
    """The present state."""
    return _state.get()


def committing() -> None:
    """The commit is about to be sent to the database."""
    _raise_to(CommitState.COMMITTING)


def committed() -> None:
    """The database has confirmed the commit."""
    _raise_to(CommitState.COMMITTED)


def rolled_back(error: DatabaseError) -> None:
    """Go back from COMMITTING to NOTHING if this error proves that the transaction was rolled back."""
    sqlstate = getattr(error.__cause__, "sqlstate", None) or ""
    is_proof = sqlstate and not sqlstate.startswith(_CONNECTION_CLASS) and sqlstate not in _SERVER_GONE
    if is_proof and current() is CommitState.COMMITTING:
        _state.set(CommitState.NOTHING)


def _raise_to(state: CommitState) -> None:
    _state.set(max(state, _state.get()))
