"""How far long work has come. Whoever works says it; a job listens and shows it; in a request, nobody listens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

#: Called with a phase ("reading", "judging", "writing", …), what is done of it, and of how many; 0 of 0: not counted.
Listener = Callable[[str, int, int], None]
EVERY = 500  # what is counted is said once in so many

T = TypeVar("T")

_listener: ContextVar[Listener | None] = ContextVar("progress", default=None)


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Let `listener` hear what the work inside says of itself."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def has_listener() -> bool:
    """Whether anybody hears the progress, so that counting the work beforehand is worth it."""
    return _listener.get() is not None


def at(phase: str, done: int = 0, total: int = 0) -> None:
    """Say where the work is: `done` of `total` in `phase`."""
    if (listener := _listener.get()) is not None:
        listener(phase, done, total)


def counted(phase: str, things: Iterable[T], *, total: int, every: int = EVERY) -> Iterator[T]:
    """The same things, while it is said how many of them are done."""
    for number, thing in enumerate(things):
        if number % every == 0:
            at(phase, number, total)
        yield thing
    at(phase, total, total)
