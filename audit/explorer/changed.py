"""What changed before a refusal: the events that touched what the gate had read, since it last said yes.

A gate records the keys that it read, an allowed event those that it touched (`asora.kernel.keys`), so the answer is an
exact comparison and no guess. The period begins with the last time that the same person was allowed the same action on
the same kind of record; for somebody who never was, with their first day.

Some keys are touched all the time (the usage of a ceiling, the stock of an item that sells), others once a year. The
latest events are read in the order of their numbers, which finds the busy keys; the keys that this does not find often
enough are looked up in the index of touched keys, where each of them has few events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection

from asora.kernel import binding, keys
from asora.kernel.actors import Actor
from asora.kernel.shapes import ReadOnlyValues
from audit.events import readers
from audit.events.models import Event
from audit.events.readers import HEAVY
from audit.explorer.queries import stopping_step

#: How many of the latest events are read one by one, and how many of them if a key stands for many (`item:*`).
LATEST = 5_000
LATEST_OF_MANY = 1_000
#: The most events of one key, and of the whole answer.
PER_KEY = 5
MAX_SHOWN = 10
#: The copy of an operator's event is written a moment after the event itself, so it may follow the refusal.
COPIES_LATE = 1_000


@dataclass(frozen=True, slots=True)
class Cause:
    """An event in the period, and the keys of the gate that it touched; none if the reader may not see its details."""

    event: Event
    met: Sequence[str]


@dataclass(frozen=True, slots=True)
class Changes:
    """The answer. `read`: the keys of the gate; empty if it reads nothing but the values of the request.

    `since`: the last allowed event, or None: then `first_day` is the beginning. If both are None, the person is older
    than the trail (or no person), and the beginning is that of the trail.
    `is_recorded`: False for events from before gates recorded what they read. `causes`: nearest first, those of the
    records that the refusal names before others. `has_more`: not all are in `causes`.
    """

    read: Sequence[str]
    since: Event | None = None
    first_day: datetime | None = None
    is_recorded: bool = True
    causes: Sequence[Cause] = ()
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    id: object
    number: int
    met: frozenset[str]


def what_changed(actor: Actor, refused: Event) -> Changes:
    """What `actor` may see of the changes before `refused`, an event with its JSON that they may see as a whole."""
    step = stopping_step(refused)
    read = list(step.get("inputs") or ())
    if refused.touched is None or refused.number is None:
        return Changes(read, is_recorded=False)
    if not read:
        return Changes(read)
    since, first_day, after = _beginning(actor, refused)
    answer = Changes(read, since=since, first_day=first_day)
    found = _touching(read, after=after, refused=refused)
    if not found:
        return answer
    named = _named_by(step, read)
    ranked = sorted(found, key=lambda one: (not one.met & named, -one.number))
    chosen = _few_of_each(ranked)
    rows = readers.readable(actor).defer(*HEAVY).in_bulk([one.id for one in chosen])
    for early in _copies_from_before(rows.values(), since.occurred_at if since else first_day):
        del rows[early]
    causes = [
        Cause(rows[one.id], sorted(one.met) if rows[one.id].is_whole else ())  # type: ignore[attr-defined]
        for one in chosen
        if one.id in rows
    ]
    return replace(answer, causes=causes, has_more=len(found) > len(chosen))


def _copies_from_before(events: Iterable[Event], beginning: datetime | None) -> list[object]:
    """The ids of the copies of operators' events that happened before the period, and were only copied within it."""
    copies = [event.pk for event in events if event.cause_id == str(event.pk)]
    if not copies or beginning is None:
        return []
    happened = Event.objects.filter(pk__in=copies).values_list("pk", "facts__occurred_at")
    return [id_ for id_, moment in happened if datetime.fromisoformat(moment) < beginning]


def last_allowed(event: Event) -> Event | None:
    """The latest event before this one by which the same actor was allowed the same action on that kind of record."""
    rows = Event.objects.filter(
        actor_ref=event.actor_ref, action=event.action, outcome=Event.Outcome.ALLOWED, number__lt=event.number
    ).defer(*HEAVY)
    if event.resource_type:
        rows = rows.filter(
            resource_type__in=(event.resource_type, "")
        )  # a form names no record before it is valid
    return rows.order_by("-number").first()


def _beginning(actor: Actor, refused: Event) -> tuple[Event | None, datetime | None, int]:
    """The last allowed event if there is one, else the moment of the person's first day; and the number before both."""
    since = last_allowed(refused)
    if since is not None and since.number is not None:
        seen = readers.readable(actor).defer(*HEAVY).filter(pk=since.pk).first()
        return seen or since, None, since.number
    of_person = [keys.person(refused.actor_ref)]
    first = Event.objects.filter(
        outcome=Event.Outcome.ALLOWED, touched__contains=of_person, number__isnull=False
    )
    day = min(first.values_list("number", "occurred_at"), default=None)
    # The event of the first day itself gave the person their role, so it belongs to the period.
    return (None, day[1], day[0] - 1) if day and day[0] else (None, None, 0)


def _touching(read: Sequence[str], *, after: int, refused: Event) -> list[_Found]:
    """The allowed events after a number and before the refusal that touched one of these keys."""
    hub_of_bin = _hubs_of_bins(read)
    covering = {key: keys.covering([key], hub_of_bin) for key in read}
    of_covers: dict[str, set[str]] = {}
    for key, covers in covering.items():
        for cover in covers:
            of_covers.setdefault(cover, set()).add(key)
    before = refused.number or 0
    begins = max(after, before - LATEST - 1)
    rows = _rows(IN_ORDER, keys=list(of_covers), after=begins, before=before)
    rows += _late_copies(list(of_covers), refused)
    hits = Counter(key for row in rows for key in row[2])
    rare = [cover for cover in of_covers if hits[cover] < PER_KEY]
    if rare and begins > after:
        rows += _rows(BY_INDEX, keys=rare, after=after, before=begins + 1)
    found = {row[0]: _met(row, of_covers) for row in rows}
    many = [key for key in read if key.partition(":")[2].startswith(keys.EVERY)]
    if many:
        found |= _touching_one_of_many(many, after=max(after, before - LATEST_OF_MANY - 1), before=before)
    return list(found.values())


def _met(row: tuple[object, int, list[str]], of_covers: Mapping[str, Iterable[str]]) -> _Found:
    return _Found(row[0], row[1], frozenset(key for touched in row[2] for key in of_covers.get(touched, ())))


# The number's own index gives the latest events in order. Only the matching keys of an event are returned.
IN_ORDER = """
SELECT latest.id, latest.number, ARRAY(SELECT unnest(latest.touched) INTERSECT SELECT unnest(%(keys)s::text[]))
FROM (SELECT id, number, touched, outcome FROM audit_event
      WHERE number > %(after)s AND number < %(before)s ORDER BY number DESC) latest
WHERE latest.outcome = 'allowed' AND latest.touched && %(keys)s::text[]
"""
# Materialized, so that the planner uses the index of touched keys and does not walk a long period backwards.
BY_INDEX = """
WITH touching AS MATERIALIZED (
    SELECT id, number, touched FROM audit_event
    WHERE outcome = 'allowed' AND touched && %(keys)s::text[] AND number > %(after)s AND number < %(before)s)
SELECT id, number, ARRAY(SELECT unnest(touched) INTERSECT SELECT unnest(%(keys)s::text[]))
FROM touching ORDER BY number DESC LIMIT 500
"""
OF_MANY = """
SELECT id, number, touched FROM audit_event
WHERE number > %(after)s AND number < %(before)s AND outcome = 'allowed'
"""
COPIES = """
SELECT id, number, ARRAY(SELECT unnest(touched) INTERSECT SELECT unnest(%(keys)s::text[])) FROM audit_event
WHERE number > %(after)s AND number < %(before)s AND outcome = 'allowed' AND cause_id = id::text
  AND touched && %(keys)s::text[] AND (facts ->> 'occurred_at')::timestamptz < %(moment)s
"""


def _rows(statement: str, **values: Any) -> list[tuple[object, int, list[str]]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _late_copies(touched: Collection[str], refused: Event) -> list[tuple[object, int, list[str]]]:
    """Copies of operators' events that happened before the refusal and were written to this trail after it."""
    number = refused.number or 0
    span = {"after": number, "before": number + COPIES_LATE}
    return _rows(COPIES, keys=list(touched), moment=refused.occurred_at, **span)


def _touching_one_of_many(many: Sequence[str], *, after: int, before: int) -> dict[object, _Found]:
    """The latest events that touched one of the records for which a key with `*` stands."""
    rows = _rows(OF_MANY, after=after, before=before)
    hub_of_bin = _hubs_of_bins(key for _id, _number, touched in rows for key in touched or ())
    met = ((row, frozenset(keys.meet(many, row[2] or (), hub_of_bin))) for row in rows)
    return {row[0]: _Found(row[0], row[1], found) for row, found in met if found}


def _named_by(step: ReadOnlyValues, read: Iterable[str]) -> frozenset[str]:
    """The keys of the gate that belong to the records that the refusal names; a stock needs its item and its bin."""
    concerned = {str(key) for key in step.get("concerned") or ()}
    return frozenset(key for key in read if key in concerned or _parts(key) <= concerned)


def _parts(key: str) -> set[str]:
    kind, _, rest = key.partition(":")
    item, _, bin_ = rest.partition(":")
    return {f"item:{item}", f"bin:{bin_}"} if kind == "stock" else {key}


def _few_of_each(ranked: Sequence[_Found]) -> list[_Found]:
    """The first events, at most a few of each key, so that a busy key hides no rare one."""
    taken: Counter[str] = Counter()
    chosen = []
    for one in ranked:
        if any(taken[key] < PER_KEY for key in one.met):
            chosen.append(one)
            taken.update(one.met)
    return chosen[:MAX_SHOWN]


def _hubs_of_bins(read: Iterable[str]) -> dict[int, int]:
    """The hubs of the bins that keys name, by id. Audit is below inventory, so the model is looked up by its label."""
    named = {key.rpartition(":")[2] for key in read if key.startswith(("bin:", "stock:"))}
    ids = [int(number) for number in named if number.isdecimal()]
    if not ids or binding.schema_name() == binding.PUBLIC:
        return {}
    bins = apps.get_model("inventory.Bin")._default_manager.filter(pk__in=ids)
    return dict(bins.values_list("pk", "hub_id"))
