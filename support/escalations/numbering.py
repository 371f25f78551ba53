"""The next number of cases and feature requests: gap-free, one at a time."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Max

from asora.kernel import locks


def next_number(model: type[Any]) -> int:
    """The number of the next row of `model`. Call it in the transaction that adds the row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s)", [locks.key("support number", model._meta.label_lower)]
        )
    last: int | None = model._default_manager.aggregate(last=Max("number"))["last"]
    return (last or 0) + 1
