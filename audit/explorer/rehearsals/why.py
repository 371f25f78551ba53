"""What would have allowed a refused request? All gates are judged, past the one that stopped.

A look finds the first gate that refuses. Its repair is supposed and the request is looked at again, until it would be
allowed or nothing helps. Then repairs that turn out not to be needed are taken out, and each alternative is tried in
the place of the one that was chosen: only what a look has proved is shown.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from asora.kernel import binding
from asora.kernel.actors import Actor
from asora.kernel.asked import NotRebuilt
from asora.kernel.evidence import holders_of
from asora.kernel.looking import Busy
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason
from asora.kernel.remedies import remedy_of
from asora.kernel.repairs import NO_REPAIR, Need, Repair
from asora.kernel.shapes import StrOrPromise
from audit.events.models import Event
from audit.explorer.rehearsals.looks import Request, Stop, is_within_reach, look, request_of
from audit.explorer.rehearsals.now import LEFT_OUT, Shown, shown

MAX_LOOKS, MAX_SECONDS = 60, 8.0  # of one answer
NO_PROOF = _("What usually helps would not be enough here.")


@dataclass(frozen=True, slots=True)
class Step:
    """A need and the stop that it lifts. The first of its alternatives is the one that is supposed by the others."""

    stop: Stop
    need: Need


@dataclass(frozen=True, slots=True)
class Plan:
    """What would allow a request: one alternative of each step, proved and minimal.

    `blocked`: the stop that nothing lifts, if there is one; then the steps are what stops it besides. `left_out`: why
    not every gate could be judged, as the event says it.
    """

    steps: Sequence[Step]
    blocked: Stop | None = None
    left_out: str = ""

    @property
    def chosen(self) -> list[Repair]:
        """The first alternative of each step."""
        return [step.need[0] for step in self.steps]


@dataclass(frozen=True, slots=True)
class Alternative:
    """A repair as a reader may see it, and the roles that can make it; without roles, the sender can."""

    text: StrOrPromise
    who: Sequence[str]


@dataclass(frozen=True, slots=True)
class Needed:
    """One line of the answer: the gate, why it stops, and the alternatives."""

    stop: Shown
    alternatives: Sequence[Alternative]


@dataclass(frozen=True, slots=True)
class Why:
    """The answer. `state`: repairs, nothing (it would be allowed now), blocked, partly, concealed, busy, unknown."""

    state: str
    needed: Sequence[Needed] = ()
    blocked: Shown | None = None
    cause: StrOrPromise = ""
    note: StrOrPromise = ""


class _Looks:
    """The looks of one answer, of which there are not too many. Raises Busy."""

    def __init__(self, request: Request) -> None:
        self._request, self._left = request, MAX_LOOKS
        self._until = time.monotonic() + MAX_SECONDS

    def __call__(
        self, chosen: Sequence[Repair], *, needs: bool = False, only_past: bool = False
    ) -> Stop | None:
        self._left -= 1
        if self._left < 0 or time.monotonic() > self._until:
            raise Busy
        return look(self._request, chosen, needs=needs, only_past=only_past)


def what_would_allow(reader: Actor, event: UUID) -> Why:
    """The proved repairs of a refused request, as this reader may see them. The reader may see the whole event."""
    with binding.on_application_connection():
        try:
            plan = plan_for(request_of(Event.objects.get(pk=event)))
        except Busy:
            return Why("busy")
        except NotRebuilt as error:
            return Why("unknown", note=LEFT_OUT[error.why])
    return _shown(reader, plan)


def plan_for(request: Request) -> Plan:
    """The repairs of a request. Raises Busy, and NotRebuilt if a record of the request no longer exists."""
    looks = _Looks(request)
    steps, blocked = _stops(looks)
    if request.unread is not None:
        return Plan(steps, blocked or _unread(request.unread))
    steps = _minimal(looks, steps, blocked)
    if blocked is None:
        steps = [*_proved(looks, steps)]
    return Plan(steps, blocked, request.left_out)


def _unread(reason: Reason) -> Stop:
    """The stop of a form that could not be read: what else would have stopped its values is not known."""
    return Stop(
        gate="valid",
        reason=reason,
        messages=(),
        remedy=remedy_of(reason).text,
        hubs=frozenset(),
        cause=NO_REPAIR.get(reason, NO_REPAIR[Reason.INVALID_INPUT]),
    )


def _stops(looks: _Looks) -> tuple[list[Step], Stop | None]:
    """Every stop on the way, each with its needs, and the stop that nothing lifts, if there is one."""
    steps: list[Step] = []
    while (stop := looks(_first(steps), needs=True)) is not None:
        known = {step.need[0].key for step in steps}
        new = {need[0].key: Step(stop, need) for need in stop.needs if need[0].key not in known}
        if stop.cause or not new:
            blocked = stop if stop.cause else replace(stop, cause=NO_PROOF)
            return [*steps, *_past(looks, steps)], blocked
        steps += [_best(looks, steps, step) for step in new.values()]
    return steps, None


def _best(looks: _Looks, steps: Sequence[Step], step: Step) -> Step:
    """The step with the alternatives that help first: those with which the same gate no longer refuses for it."""
    if len(step.need) == 1:
        return step
    helps = [repair for repair in step.need if not _is_same(looks([*_first(steps), repair]), step.stop)]
    others = [repair for repair in step.need if repair not in helps]
    return replace(step, need=[*helps, *others])


def _is_same(after: Stop | None, before: Stop) -> bool:
    return after is not None and (after.reason, after.messages) == (before.reason, before.messages)


def _past(looks: _Looks, steps: Sequence[Step]) -> list[Step]:
    """The stops of freeze and plan, past a stop that nothing lifts."""
    past: list[Step] = []
    while (stop := looks(_first([*steps, *past]), needs=True, only_past=True)) is not None and stop.needs:
        past += [Step(stop, need) for need in stop.needs]
    return past


def _minimal(looks: _Looks, steps: Sequence[Step], blocked: Stop | None) -> list[Step]:
    """The steps without those that are not needed: without any one of them, the request is still refused."""
    needed = list(steps)
    if blocked is not None:
        return needed
    for step in steps:
        others = [one for one in needed if one is not step]
        if looks(_first(others)) is None:
            needed = others
    return needed


def _proved(looks: _Looks, steps: Sequence[Step]) -> Iterator[Step]:
    """The steps with those alternatives only with which the request would be allowed."""
    for step in steps:
        others = _first([one for one in steps if one is not step])
        proved = [repair for repair in step.need[1:] if looks([*others, repair]) is None]
        yield replace(step, need=[step.need[0], *_different(step.need[0], proved)])


def _different(first: Repair, others: Sequence[Repair]) -> list[Repair]:
    """The repairs whose text says something new: of several people, only one is shown."""
    texts = {str(first.text): first} | {str(repair.text): repair for repair in others}
    return [repair for repair in texts.values() if str(repair.text) != str(first.text)]


def _first(steps: Sequence[Step]) -> list[Repair]:
    return [step.need[0] for step in steps]


def _shown(reader: Actor, plan: Plan) -> Why:
    stops = [*(step.stop for step in plan.steps), *([plan.blocked] if plan.blocked else [])]
    hubs = frozenset().union(
        *(stop.hubs for stop in stops),
        *(frozenset(repair.hubs) for step in plan.steps for repair in step.need),
    )
    if not is_within_reach(reader, hubs):
        return Why("concealed")
    note = LEFT_OUT[plan.left_out] if plan.left_out else ""
    needed = [
        Needed(shown(reader, step.stop), [_alternative(reader, repair) for repair in step.need])
        for step in plan.steps
    ]
    if plan.blocked is not None:
        return Why("blocked", needed, shown(reader, plan.blocked), plan.blocked.cause, note)
    if note:
        return Why("partly", needed, note=note)
    return Why("repairs" if needed else "nothing", needed)


def _alternative(reader: Actor, repair: Repair) -> Alternative:
    may_see = reader.may(Permission.LEDGER_VIEW_STOCK) or not repair.discreet
    who = dict.fromkeys(role for permission in repair.by for role in holders_of(permission))
    return Alternative(repair.text if may_see else repair.discreet, list(who))
