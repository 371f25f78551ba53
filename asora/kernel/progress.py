"""Progress of long work. The work reports it; a job listens and stores it; in a request nobody listens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

#: Called with the phase ("reading", "checking", "writing", …), the number done, and the total; 0 of 0: not counted.
Listener = Callable[[str, int, int], None]
EVERY = 500  # things per report

T = TypeVar("T")

_listener: ContextVar[Listener | None] = ContextVar("progress", default=None)


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Send the reports of the work inside to `listener`."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def has_listener() -> bool:
    """Whether anybody hears the progress, so that counting the work beforehand is worth it."""
    return _listener.get() is not None


def at(phase: str, done: int = 0, total: int = 0) -> None:
    """Report progress: `done` of `total` in `phase`."""
    if (listener := _listener.get()) is not None:
        listener(phase, done, total)


def counted(phase: str, things: Iterable[T], *, total: int, every: int = EVERY) -> Iterator[T]:
    """Iterate over the things and report progress."""
    for number, thing in enumerate(things):
        if number % every == 0:
            at(phase, number, total)
        yield thing
    at(phase, total, total)
