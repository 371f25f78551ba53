"""Decisions as text for people who read a pack: gate by gate, with the rule that refused. Always in English."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils import translation

from support.evidence.facts import ATTEMPT, EventFact


def text(facts: Iterable[EventFact]) -> str:
    """The decisions of events and attempts, one paragraph for each."""
    with translation.override("en"):
        return "\n".join("\n".join(_lines(fact)) + "\n" for fact in facts)


def _lines(fact: EventFact) -> Iterator[str]:
    name = f"attempt {fact.record} (not sealed)" if fact.kind == ATTEMPT else f"event {fact.number}"
    code = f" {fact.code} {fact.reason}" if fact.code else ""
    yield f"{name} of {fact.time_utc}: {fact.action} {fact.outcome}{code}"
    yield f"  request {fact.request_id}"
    if fact.seal:
        yield f"  under seal {fact.seal.number}"
    actor = f"{fact.actor_type or 'person'} {fact.actor_ref}".strip()
    yield f"  {actor} {fact.sentence}"
    for gate, verdict in fact.gates:
        rule = f", rule {fact.rule}" if verdict == "stopped" and fact.rule else ""
        yield f"  gate {gate}: {verdict}{rule}"
    if fact.is_refusal:
        yield from (f"  {label}: {value}" for label, value in _refused(fact) if value not in ("", None))
    if fact.positions:
        yield f"  wrote ledger positions {fact.positions[0]} to {fact.positions[1]}"


def _refused(fact: EventFact) -> Iterator[tuple[str, Any]]:
    yield "limit", fact.limit
    yield "usage", fact.usage
    yield "permission", fact.permission
    yield "roles", ", ".join(fact.roles)
    yield "fields", ", ".join(fact.fields)
    yield "said", fact.message
    yield "remedy", fact.remedy
