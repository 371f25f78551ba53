"""The values that the filter offers: only those that occur in the trail, found without reading all of it.

Distinct values are found by jumping from one to the next in the index of their column, so the time depends on how many
there are, not on how many events. A reader who does not work at all hubs is offered only values of recent events that
they may see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from asora.kernel.actors import Actor
from audit.events import readers

#: The most values of one filter that are offered.
MAX_VALUES = 300
#: For a reader who does not work at all hubs: how many events of a value are checked, newest first.
MAX_CHECKED = 1_000
#: Column by filter, and whether only refused events have it (its index covers only those).
_COLUMNS: Mapping[str, tuple[str, bool]] = {
    "outcome": ("outcome", False),
    "action": ("action", False),
    "actor": ("actor_ref", False),
    "code": ("code", True),
    "reason": ("reason", True),
}
#: Who, when, action and outcome of an event of other hubs are shown; its rule is not.
_SHOWN_OF_ALL = ("outcome", "action", "actor")

_JUMP = """
WITH RECURSIVE found (value) AS (
    (SELECT {column} FROM audit_event WHERE {only} ORDER BY {column} LIMIT 1)
    UNION ALL
    SELECT (SELECT {column} FROM audit_event WHERE {only} AND {column} > found.value ORDER BY {column} LIMIT 1)
    FROM found WHERE found.value IS NOT NULL
)
SELECT value FROM (SELECT value FROM found WHERE value IS NOT NULL LIMIT %(limit)s) named
WHERE value <> '' AND ({visible})
"""
_VISIBLE = """EXISTS (
    SELECT FROM (
        SELECT hubs FROM audit_event WHERE {only} AND {column} = named.value
        ORDER BY occurred_at DESC, id DESC LIMIT %(checked)s
    ) newest WHERE {readable}
)"""


@dataclass(frozen=True, slots=True)
class Facets:
    """The values that occur, sorted, by filter."""

    outcome: tuple[str, ...]
    action: tuple[str, ...]
    actor: tuple[str, ...]
    code: tuple[str, ...]
    reason: tuple[str, ...]


def occurring(actor: Actor) -> Facets:
    """The values of the bound tenant's trail that this reader may see."""
    hubs = readers.hubs_of(actor)
    return Facets(**{name: _values(name, hubs) for name in _COLUMNS})


def _values(name: str, hubs: list[int] | None) -> tuple[str, ...]:
    column, is_of_refusals = _COLUMNS[name]
    only = "outcome = 'refused'" if is_of_refusals else "true"
    readable = "hubs IS NOT NULL" if name in _SHOWN_OF_ALL else "hubs <@ %(hubs)s::bigint[]"
    visible = _VISIBLE.format(only=only, column=column, readable=readable) if hubs is not None else "true"
    statement = _JUMP.format(column=column, only=only, visible=visible)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"limit": MAX_VALUES, "checked": MAX_CHECKED, "hubs": hubs})
        return tuple(value for (value,) in cursor.fetchall())
