"""Named reads of the trail: lists of events, and the parts of one event for its page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _
from django_tenants.utils import get_tenant_model

from asora.kernel.act import Act
from asora.kernel.ladder import GATES
from asora.kernel.reach import reach
from asora.kernel.shapes import ReadOnlyValues, StrOrPromise, Values
from audit.events.models import Event
from audit.events.readers import HEAVY

GATE_LABELS: ReadOnlyValues = {
    "authenticated": _("signed in"),
    "permitted": _("permitted"),
    "open": _("not frozen"),
    "valid": _("valid"),
    "within_plan": _("within plan"),
    "state": _("state allows it"),
    "written": _("recorded"),
}
MAX_LINES = 50
# Shown elsewhere on the page, so not repeated among a gate's facts.
_SHOWN_APART = frozenset({
    "gate", "verdict", "reason", "rule", "remedy", "remedies", "who", "held_by", "works_at",
    "standing", "concerned", "typed", "request", "judged_at", "fields", "lines", "inputs",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate of the decision ladder on the page: passed, stopped, or (after the stop) waiting."""

    name: str
    label: StrOrPromise
    state: str
    rule: str = ""
    facts: ReadOnlyValues = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """One value of a record, before and after; None if there was no value."""

    name: str
    before: object
    after: object


def named(rows: QuerySet[Event]) -> QuerySet[Event]:
    """Events with the names behind their pseudonyms."""
    directory = get_user_model()._default_manager
    return rows.annotate(
        actor_name=Subquery(directory.filter(ref=OuterRef("actor_ref")).values("name")[:1]),
        label_name=Subquery(directory.filter(ref=OuterRef("resource_label")).values("name")[:1]),
    )


def about(tenants: Iterable[Any]) -> QuerySet[Event]:
    """The events of the public trail about one of these tenants."""
    model = get_tenant_model()
    keys = [str(tenant.pk) for tenant in tenants]
    return Event.objects.filter(resource_type=model._meta.label_lower, resource_id__in=keys).defer(*HEAVY)


def platform_events(act: Act) -> QuerySet[Event]:
    """The public events that an operator may see: all, or their own and those about their tenants."""
    within = reach(act.actor)
    if within.is_everywhere:
        return Event.objects.defer(*HEAVY)
    own = Event.objects.filter(actor_ref=act.actor.ref).defer(*HEAVY)
    return about(within.of(get_tenant_model()._default_manager.all())) | own


def people() -> list[tuple[str, str]]:
    """The pseudonyms and names of all people in the directory, sorted by name."""
    directory = get_user_model().objects.exclude(name="")  # erased people have none
    return sorted(directory.values_list("ref", "name"), key=lambda pair: pair[1].lower())


def ladder(event: Event) -> list[Gate]:
    """The gates of one decision in order. The gates after the one that refused are waiting."""
    steps = {step["gate"]: step for step in event.decision}
    gates: list[Gate] = []
    is_stopped = False
    for name in GATES:
        step = steps.get(name)
        if step is None and not is_stopped:
            continue  # this decision did not have the gate (a sign-in has no plan)
        state = "waiting" if step is None else str(step["verdict"])
        is_stopped = is_stopped or state == "stopped"
        gates.append(
            Gate(
                name=name,
                label=GATE_LABELS[name],
                state=state,
                rule=str((step or {}).get("rule", "")),
                facts={key: value for key, value in (step or {}).items() if key not in _SHOWN_APART},
            )
        )
    return gates


def stopping_step(event: Event) -> ReadOnlyValues:
    """The step of the gate that refused, with remedy, field errors and refused lines; empty if none refused."""
    return next((step for step in event.decision if step.get("verdict") == "stopped"), {})


def findings(event: Event) -> list[dict[str, str]]:
    """The errors of fields and lines, at most the first fifty: {where, reason, message}."""
    step = stopping_step(event)
    found: list[dict[str, str]] = []
    for word, places in ((_("line"), step.get("lines")), ("", step.get("fields"))):
        if not isinstance(places, dict):
            continue
        for place, entries in places.items():
            for entry in entries if isinstance(entries, list) else []:
                where = " ".join(part for part in (str(word), str(place), entry.get("field", "")) if part)
                found.append({"where": where, "reason": entry["reason"], "message": entry["message"]})
    return found[:MAX_LINES]


def typed(event: Event) -> list[Values]:
    """The values in the refused fields, at most fifty: {where, value}, or {where, length} for free text."""
    step = stopping_step(event)
    recorded = step.get("typed") or {}
    found = [_typed(name, value) for name, value in (recorded.get("fields") or {}).items()]
    for line, values in (recorded.get("lines") or {}).items():
        found += [_typed(f"{_('line')} {line} {name}", value) for name, value in values.items()]
    return found[:MAX_LINES]


def _typed(where: str, value: object) -> Values:
    if isinstance(value, dict) and set(value) == {"length"}:
        return {"where": where, "length": value["length"]}
    return {"where": where, "value": value, "length": None}


def differences(change: ReadOnlyValues) -> list[Difference]:
    """The values of one changed record, side by side."""
    before, after = change.get("before") or {}, change.get("after") or {}
    return [Difference(name, before.get(name), after.get(name)) for name in {**before, **after}]
