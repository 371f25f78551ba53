"""Support's own database role."""

from __future__ import annotations

from typing import Any


def connection() -> Any:
    """A new connection with support's own rights; None: sessions run on the application's connection."""
    return None
