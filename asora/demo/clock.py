"""The moved clock: lets the demo's past be recorded when it happened. Refuses wherever there is not a demo alone.

Three things stand in the way of a real installation: this module refuses where DATABASE_URL is set; it refuses in a
database that was not marked when it was made; and without the mark the statement that records fails (`kernel.clock`).
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
    """The clock is not moved here."""


def can_be_moved() -> bool:
    """Whether this is the embedded database, and was marked as a demo when it was made."""
    return not _why_not()


@contextlib.contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Do something at a moment of the demo's past, in the bound schema. Raises ClockRefused everywhere else."""
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
        return "The clock of a database that DATABASE_URL names is never moved."
    if not clock.has_demo_clock():
        return "This database was not marked as a demo when it was made, so its clock is never moved."
    return ""


def _standing_at(moment: datetime) -> type[datetime]:
    """What `django.utils.timezone` asks for the time: every default and every action asks there."""

    class Standing(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return moment.astimezone(tz)

    return Standing
