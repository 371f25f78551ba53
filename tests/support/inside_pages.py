"""A page of the tenant's trail that does what a test needs."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest


def show_instead(monkeypatch: pytest.MonkeyPatch, view: Callable[..., Any]) -> None:
    """Let an agent who opens any page of a tenant get the response of this view, as if it were the list of events."""
    match = SimpleNamespace(func=view, args=(), kwargs={}, view_name="audit:event-list", route="audit/")
    monkeypatch.setattr("support.access.views.inside.resolve", lambda _path, _urlconf: match)
