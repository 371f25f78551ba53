"""One look at a refused request, built again from its event alone. Nothing is written, locked or kept."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from asora.kernel import asked, binding, looking
from asora.kernel.act import Act
from asora.kernel.action import registry
from asora.kernel.actors import Actor
from asora.kernel.asked import LeftOut, NotRebuilt
from asora.kernel.door import Action
from asora.kernel.ladder import gate_of
from asora.kernel.plugs import plug
from asora.kernel.reach import reach
from asora.kernel.refusals import Reason, Refusal
from asora.kernel.remedies import remedy_of
from asora.kernel.repairs import Found, Need, NoRepair, Repair, needs_of
from asora.kernel.shapes import ReadOnlyValues, StrOrPromise
from audit.events.models import Event
from audit.explorer.queries import stopping_step

MAX_MESSAGES = 5


@dataclass(frozen=True, slots=True)
class Request:
    """A refused request, as its event has it. `asked`: its values; None if the event has none.

    `left_out`: why the event has no values, if it says so. `unread`: the reason why its form could not be read, if so.
    """

    event: Event
    action: Action[Any, Any]
    asked: ReadOnlyValues | None
    left_out: str
    unread: Reason | None
    granted: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Stop:
    """A refusal that a look found. `needs`: what is needed against it; `cause`: why nothing helps.

    `hubs`: the ids of the hubs that it concerns.
    """

    gate: str
    reason: Reason
    messages: Sequence[str]
    remedy: StrOrPromise
    hubs: frozenset[int]
    needs: Sequence[Need] = ()
    cause: StrOrPromise = ""


def request_of(event: Event) -> Request:
    """The request of a refused event. Raises NotRebuilt if it was no request for an action."""
    action = registry.get(event.action)
    if action is None or event.outcome != Event.Outcome.REFUSED:
        raise NotRebuilt("no_action")
    recorded = stopping_step(event).get("request") or {}
    return Request(
        event=event,
        action=action,
        asked=recorded if "values" in recorded else None,
        left_out=recorded.get("left_out", "" if recorded else "not_recorded"),
        unread=Reason(recorded["reason"]) if recorded.get("left_out") == LeftOut.INVALID else None,
        granted=recorded.get("granted"),
    )


def look(
    request: Request, chosen: Sequence[Repair] = (), *, needs: bool = False, only_past: bool = False
) -> Stop | None:
    """Judge a request as it is now, supposing the chosen repairs. Returns the first stop; None: it would be allowed.

    `needs`: work out what is needed against it. `only_past`: judge the freeze and the plan alone. Raises Busy, and
    NotRebuilt if a record of the request no longer exists.
    """
    supposes = [one for repair in chosen for one in repair.supposes]
    with looking.looking(*supposes):
        values = _values(request, chosen)
        try:
            act = _act(request, chosen)
            if only_past:
                request.action.look_past(act)
            elif values is None:
                request.action.look_around(act)
            else:
                request.action.look(act, **values)
        except Refusal as refusal:
            stop = _stop(refusal)
            return _with_needs(stop, request, refusal, values or {}) if needs else stop
    return None


def is_within_reach(reader: Actor, hubs: frozenset[int]) -> bool:
    """Whether a reader works at all of these hubs."""
    return (
        binding.schema_name() == binding.PUBLIC
        or (within := reach(reader).ids()) is None
        or hubs <= {*within}
    )


def _act(request: Request, chosen: Sequence[Repair]) -> Act:
    event, tenant = request.event, binding.tenant()
    ref = next((repair.as_person for repair in chosen if repair.as_person), event.actor_ref)
    actor: Actor | None = plug("actor")(event.actor_type, ref, request.granted)
    if actor is None:
        raise NotRebuilt("gone")
    return Act(tenant=tenant, actor=actor, request_id=event.request_id, route=event.route)


def _values(request: Request, chosen: Sequence[Repair]) -> ReadOnlyValues | None:
    if request.asked is None:
        return None
    values = asked.rebuilt(request.asked)
    for repair in chosen:
        values |= dict(repair.sent or {})
    try:
        inspect.signature(request.action.body).bind(None, **values)
    except TypeError as error:
        raise asked.Outdated from error
    return values


def _stop(refusal: Refusal) -> Stop:
    return Stop(
        gate=gate_of(refusal),
        reason=refusal.reason,
        messages=list(dict.fromkeys(entry["message"] for entry in _entries(refusal)))[:MAX_MESSAGES]
        or [refusal.message],
        remedy=refusal.details.get("remedy") or remedy_of(refusal.reason).text,
        hubs=frozenset(refusal.evidence.get("hubs", ())) | frozenset(refusal.hubs),
    )


def _with_needs(stop: Stop, request: Request, refusal: Refusal, values: ReadOnlyValues) -> Stop:
    """The stop with what is needed against each of its reasons, worked out while the look is open."""
    needs: list[Need] = []
    cause: StrOrPromise = ""
    for reason in _reasons(refusal):
        found = Found(
            refusal=refusal,
            reason=reason,
            person="" if request.granted is not None else request.event.actor_ref,
            action=request.action.name,
            values=values,
            inputs=refusal.evidence.get("inputs", ()),
        )
        try:
            needs += needs_of(found)
        except NoRepair as none:
            cause = cause or none.text
    return replace(stop, needs=needs, cause=cause)


def _reasons(refusal: Refusal) -> list[Reason]:
    """The reason at each refused field and line, each once; without any, that of the refusal."""
    named = dict.fromkeys(entry["reason"] for entry in _entries(refusal))
    return [Reason(name) for name in named if name in Reason.__members__] or [refusal.reason]


def _entries(refusal: Refusal) -> list[Mapping[str, str]]:
    places = [refusal.details.get("fields", {}), refusal.details.get("lines", {})]
    return [entry for place in places for entries in place.values() for entry in entries]
