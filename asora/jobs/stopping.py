"""Whether this worker is about to end. Work that takes long and can end early looks here between two steps."""

from __future__ import annotations

import threading

_stopping = threading.Event()


def begin() -> None:
    """This process ends as soon as its jobs have ended."""
    _stopping.set()


def has_begun() -> bool:
    """Returns True if this process is about to end."""
    return _stopping.is_set()
