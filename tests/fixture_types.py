"""Types of the fixtures that are functions, for annotations of tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

Acts = Callable[..., Any]  # act_as
Clients = Callable[..., Any]  # client_as
Events = Callable[..., list[Any]]  # events
Open = Callable[..., Page]  # open_as
