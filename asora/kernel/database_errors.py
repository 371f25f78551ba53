"""Errors of the database by meaning: try again, stopped from outside, or a constraint that means a refusal."""

from __future__ import annotations

from django.db import DatabaseError

RETRIED_SQLSTATES = {"40P01": "deadlock", "40001": "serialisation failure"}
# How a write ends that a freeze stopped waiting for (`plans.freezes.shut`).
CUT_OFF_SQLSTATES = {"57014": "statement cancelled", "57P01": "back end ended"}


class Unavailable(Exception):
    """503: nothing was decided and nothing was saved. The same request may be sent again."""


def sqlstate(error: DatabaseError) -> str:
    """PostgreSQL's code for an error; empty if it came from elsewhere."""
    return getattr(error.__cause__, "sqlstate", None) or ""


def is_retried(error: DatabaseError) -> bool:
    """Whether the same transaction may succeed when it is tried again."""
    return sqlstate(error) in RETRIED_SQLSTATES


def was_cut_off(error: DatabaseError) -> bool:
    """Whether somebody stopped the transaction from outside."""
    return sqlstate(error) in CUT_OFF_SQLSTATES


def constraint_of(error: DatabaseError) -> str:
    """The name of the violated constraint; empty if there is none."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
