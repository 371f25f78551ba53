"""The moved clock, which lets the demo record its past at the past times. It works in a demo database only.

Three checks protect a real installation: this module refuses where DATABASE_URL is set; it refuses in a database that
was not marked when it was created; and without the mark the recording statement fails (`kernel.clock`).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import datetime, tzinfo
from unittest import mock

from django.conf import settings
from django.db import connection

from asora.kernel import clock

SET = "SELECT set_config('asora_demo.moment', %s, false)"


class ClockRefused(Exception):
    """The clock cannot be moved here."""


def can_be_moved() -> bool:
    """Return True if this is the embedded database, marked as a demo when it was created."""
    return not _why_not()


@contextlib.contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Run the body at a moment of the demo's past, in the bound schema. Raises ClockRefused outside a demo database."""
    if why := _why_not():
        raise ClockRefused(why)
    with connection.cursor() as cursor:
        cursor.execute(SET, [moment.isoformat()])
    token = clock.is_moved.set(True)
    try:
        with mock.patch("django.utils.timezone.datetime", _standing_at(moment)):
            yield
    finally:
        clock.is_moved.reset(token)
        with connection.cursor() as cursor:
            cursor.execute(SET, [""])


def _why_not() -> str:
    if not settings.EMBEDDED or os.environ.get("DATABASE_URL"):
        return "The clock cannot be moved in a database that DATABASE_URL names."
    if not clock.has_demo_clock():
        return "This database was not marked as a demo when it was created, so its clock cannot be moved."
    return ""


def _standing_at(moment: datetime) -> type[datetime]:
    """A replacement for the clock of `django.utils.timezone`, which all defaults and actions use."""

    class Standing(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return moment.astimezone(tz)

    return Standing
