"""Two events side by side: what they say, gate by gate, and where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from asora.kernel.ladder import GATES
from asora.kernel.shapes import StrOrPromise
from audit.events.models import Event
from audit.explorer.queries import GATE_LABELS, ladder

MAX_KEYS = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One property of both events. `kind`: how a page shows it (text, code, person, moment, badge)."""

    label: StrOrPromise
    first: Any
    second: Any
    kind: str = "text"

    @property
    def differs(self) -> bool:
        """Returns True if the events differ in this."""
        return bool(self.first != self.second)


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under a heading."""

    heading: StrOrPromise
    lines: Sequence[Line]


def compare(first: Event, second: Event) -> list[Section]:
    """The sections of a comparison, without lines that are empty on both sides."""
    sections = [
        Section(_("Event"), _properties(first, second)),
        Section(_("Gates"), _gates(first, second)),
        Section(_("Read by one of them only"), _inputs(first, second)),
        Section(_("Facts"), _mapped(first.facts, second.facts)),
        Section(_("Changes"), _mapped(_changes(first), _changes(second))),
    ]
    return [section for section in sections if section.lines]


def _properties(first: Event, second: Event) -> list[Line]:
    def line(label: StrOrPromise, name: str, kind: str = "text") -> Line:
        return Line(label, getattr(first, name), getattr(second, name), kind)

    lines = [
        Line(_("Who"), (first.actor_ref, first.actor_type), (second.actor_ref, second.actor_type), "person"),
        line(_("When"), "occurred_at", "moment"),
        line(_("Outcome"), "outcome", "badge"),
        line(_("Action"), "action", "code"),
        Line(_("Record"), _record(first), _record(second)),
        line(_("Code"), "code", "code"),
        line(_("Reason"), "reason", "code"),
        line(_("Exact rule"), "rule_id", "code"),
        line(_("Message"), "message"),
        line(_("Route"), "route", "code"),
        line(_("Request id"), "request_id", "code"),
        line(_("Caused by"), "cause_id", "code"),
        line(_("Duration in milliseconds"), "duration_ms"),
        line(_("Asora release"), "release"),
    ]
    return [line for line in lines if _is_said(line.first) or _is_said(line.second)]


def _is_said(value: object) -> bool:
    return value not in (None, "", [], {})


def _record(event: Event) -> str:
    return " ".join(part for part in (event.resource_type, event.resource_label) if part)


def _gates(first: Event, second: Event) -> list[Line]:
    states = [{gate.name: gate for gate in ladder(event)} for event in (first, second)]
    lines: list[Line] = []
    for name in GATES:
        one, other = (gates.get(name) for gates in states)
        if one is None and other is None:
            continue
        lines.append(Line(GATE_LABELS[name], one.state if one else "", other.state if other else "", "gate"))
        facts = ({**(one.facts if one else {})}, {**(other.facts if other else {})})
        lines += [
            Line(f"{GATE_LABELS[name]}: {key}", facts[0].get(key), facts[1].get(key)) for key in _keys(*facts)
        ]
    return lines


def _inputs(first: Event, second: Event) -> list[Line]:
    """Per gate, the keys that it read for one of the events only."""
    read = [{step["gate"]: step.get("inputs") or [] for step in event.decision} for event in (first, second)]
    lines = []
    for name in GATES:
        one, other = (set(gates.get(name, ())) for gates in read)
        if one != other:
            only = (sorted(keys)[:MAX_KEYS] for keys in (one - other, other - one))
            lines.append(Line(GATE_LABELS[name], next(only), next(only), "code"))
    return lines


def _changes(event: Event) -> dict[str, object]:
    """The changed values by `<kind> <label>: <value>`, as [before, after]."""
    found: dict[str, object] = {}
    for change in event.changes:
        before, after = change.get("before") or {}, change.get("after") or {}
        for name in _keys(before, after):
            found[f"{change['type']} {change['label']}: {name}"] = [before.get(name), after.get(name)]
    return found


def _mapped(first: Any, second: Any) -> list[Line]:
    return [Line(name, first.get(name), second.get(name)) for name in _keys(first, second)]


def _keys(*mappings: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for mapping in mappings for name in mapping))
