"""Who else was stopped by the same rule: people and records of the last thirty days, and who has been allowed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from django.utils import timezone

from asora.kernel.actors import Actor
from audit.events import readers
from audit.events.models import Event
from audit.events.readers import HEAVY

PERIOD = timedelta(days=30)
#: The most refusals that are read, and the most people and records that are shown.
MAX_READ = 1_000
MAX_SHOWN = 10
WHO = ("actor_type", "actor_ref")
WHERE = ("resource_type", "resource_id", "resource_label")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the rule stopped. `last`: the latest refusal. `allowed`: the event that allowed the same since."""

    actor_type: str
    actor_ref: str
    times: int
    last: Event
    allowed: Event | None


@dataclass(frozen=True, slots=True)
class Record:
    """A record at which the rule stopped people; `resource_id` is empty if there was no such record."""

    resource_type: str
    resource_id: str
    label: str
    times: int


@dataclass(frozen=True, slots=True)
class Others:
    """People and records, those with the latest refusal first. `is_cut`: only the latest refusals were read.

    `people_left`, `records_left`: the number of people and records that are not shown.
    """

    since: datetime
    people: Sequence[Person]
    records: Sequence[Record]
    people_left: int
    records_left: int
    is_cut: bool


def who_else(actor: Actor, refused: Event) -> Others | None:
    """Whom the rule of a refusal stopped in the last thirty days, the refusal itself included.

    Only refusals count that the reader may see as a whole. None if the event is older than the record of its rule.
    """
    if not refused.rule_id:
        return None
    since = timezone.now() - PERIOD
    rows = readers.whole(readers.readable(actor), actor)
    rows = rows.filter(outcome=Event.Outcome.REFUSED, rule_id=refused.rule_id, occurred_at__gte=since)
    found = list(rows.order_by("-occurred_at", "-id").values_list(*WHO, *WHERE, "id")[: MAX_READ + 1])
    of_person: dict[tuple[str, str], list[UUID]] = {}
    of_record: dict[tuple[str, str, str], int] = {}
    for actor_type, actor_ref, *record, id_ in found[:MAX_READ]:
        of_person.setdefault((actor_type, actor_ref), []).append(id_)
        if record[-1]:
            of_record[tuple(record)] = of_record.get(tuple(record), 0) + 1
    shown = dict(islice(of_person.items(), MAX_SHOWN))
    latest = readers.readable(actor).defer(*HEAVY).in_bulk([ids[0] for ids in shown.values()])
    people = [
        Person(*who, times=len(ids), last=latest[ids[0]], allowed=_allowed_since(actor, latest[ids[0]]))
        for who, ids in shown.items()
    ]
    records = [Record(*record, times=times) for record, times in islice(of_record.items(), MAX_SHOWN)]
    return Others(
        since=since,
        people=people,
        records=records,
        people_left=len(of_person) - len(people),
        records_left=len(of_record) - len(records),
        is_cut=len(found) > MAX_READ,
    )


def _allowed_since(actor: Actor, refused: Event) -> Event | None:
    """The latest event, after a refusal, by which the same actor was allowed the same action on that kind of record."""
    rows = readers.readable(actor).defer(*HEAVY)
    rows = rows.filter(actor_ref=refused.actor_ref, action=refused.action, outcome=Event.Outcome.ALLOWED)
    if refused.resource_type:
        rows = rows.filter(resource_type__in=(refused.resource_type, ""))
    return rows.filter(number__gt=refused.number).order_by("-number").first() if refused.number else None
