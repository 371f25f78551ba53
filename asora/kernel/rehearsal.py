"""Rehearsals: actions that run and are rolled back, alone or after each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

from django.db import transaction

_is_open: ContextVar[bool] = ContextVar("rehearsal", default=False)


@contextmanager
def rehearsal() -> Iterator[None]:
    """Rehearse several actions in one transaction that is rolled back at the end. Each sees the changes before it.

    Only `rehearse` may be called inside: a real action would be rolled back too, so it refuses to start.
    """
    with transaction.atomic(durable=True):
        token = _is_open.set(True)
        try:
            yield
        finally:
            _is_open.reset(token)
            transaction.set_rollback(True)


def rehearsal_of_one() -> AbstractContextManager[None]:
    """A rehearsal of a single action; inside a longer one, a savepoint that only a refusal rolls back."""
    return transaction.atomic() if _is_open.get() else rehearsal()
