"""What an erasure of a person removes beside the directory of people: each app registers what it stores about them.

An eraser gets the pseudonym of the person, works in the bound schema and in the transaction of the erasure, and returns
how many rows it emptied or deleted.
"""

from __future__ import annotations

from collections.abc import Callable

Eraser = Callable[[str], int]

_erasers: dict[str, Eraser] = {}


def register_eraser(name: str, eraser: Eraser) -> None:
    """Register what an app removes; `name` is that of its number in the event."""
    if name in _erasers:
        raise RuntimeError(f"two erasers are called {name}")
    _erasers[name] = eraser


def erase_rows_of(ref: str) -> dict[str, int]:
    """Remove everything that the apps store about a person. Returns the numbers of rows by name."""
    return {name: eraser(ref) for name, eraser in sorted(_erasers.items())}
