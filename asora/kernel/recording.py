"""Builds the outcome of one pass through the door: resource, hubs, what the gates read and what the body touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Model

from asora.kernel import keys
from asora.kernel.act import Act, Record
from asora.kernel.ladder import Ladder, Outcome, gate_of, rule_of
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import ReadOnlyValues

Places = Callable[[ReadOnlyValues], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class EventSource:
    """The parts of an action that its events need (see `asora.kernel.action`)."""

    name: str
    asked: (
        str  # the permission, or the name of an action that everybody may do: the first part of its rule ids
    )
    ceiling: str
    subject: str
    hubs: Places | None
    concerns: Places | None


def outcome_of(
    source: EventSource,
    outcome: str,
    ladder: Ladder,
    values: ReadOnlyValues,
    *,
    record: Record | None = None,
    refusal: Refusal | None = None,
) -> Outcome:
    """The outcome that is passed to the trail."""
    record = record or Record()
    if outcome == "allowed" and source.ceiling:
        record = replace(record, touched=[*record.touched, keys.plan(source.ceiling)])
    return Outcome(
        action=source.name,
        outcome=outcome,
        ladder=ladder.steps,
        resource=_resource(source, values, record),
        record=record,
        refusal=refusal,
        hubs=_hubs(source, outcome, values, record, refusal),
        began=ladder.began,
    )


def stop(source: EventSource, act: Act, ladder: Ladder, refusal: Refusal, record: Record) -> None:
    """Add the gate that refused to the ladder, with its rule and what it read."""
    gate = gate_of(refusal)
    read: list[str] = []
    if gate == "authenticated":
        read = [keys.person(act.actor.ref)]
    elif gate == "permitted":
        read = keys.of_actor(act.actor)
        for place in refusal.hubs:
            read += keys.at_hub(act.actor, place)
    elif gate == "open":
        read = [keys.FREEZE]
    elif gate == "within_plan":
        read = ceiling_inputs(source.ceiling)
    if gate not in {"open", "within_plan"}:
        read += record.inputs  # what the body had read, if the body refused
    ladder.stopped(refusal, rule=rule_of(refusal, asked=source.asked), inputs=read)


def ceiling_inputs(ceiling: str) -> list[str]:
    """The keys that the plan's gate reads."""
    return [keys.PLAN, keys.plan(ceiling)] if ceiling else []


def _resource(source: EventSource, values: ReadOnlyValues, record: Record) -> tuple[str, str, str]:
    if len(record.changes) == 1:
        change = record.changes[0]
        return change.resource_type, change.resource_id, change.resource_label
    subject = values.get(source.subject) if source.subject else None
    if isinstance(subject, Model):
        return subject._meta.label_lower, str(subject.pk), str(subject)
    return "", "", "" if subject is None else str(subject)[:200]


def _hubs(
    source: EventSource, outcome: str, values: ReadOnlyValues, record: Record, refusal: Refusal | None
) -> set[int] | None:
    """The hubs that an event concerns: those of the hub check, of the body, and of the refused values.

    None (unknown) if an action works at hubs and its refused values contain no readable hub: they may mean a hub where
    the reader does not work.
    """
    places = {int(getattr(hub, "pk", hub)) for hub in _named(source.hubs, values)}
    places |= record.hubs
    if refusal is not None:
        places |= set(refusal.hubs)
        places |= {int(getattr(hub, "pk", hub)) for hub in _named(source.concerns, values)}
    if not places and source.hubs is not None and outcome in {"refused", "failed"}:
        return None
    return places


def _named(picked: Places | None, values: ReadOnlyValues) -> list[Any]:
    return [] if picked is None or not values else [hub for hub in picked(values) if hub is not None]
