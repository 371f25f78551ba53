"""The replay itself: pure functions over decisions and a policy. No database and no clock.

A replay decides one gate again, that of permissions (`Rights`) or that of the plan (`Ceilings`). The other gates keep
the answers that they gave. What a gate after the refusing one would have said is not known: somebody who gets past the
gate that stopped them may still be refused by a later one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from asora.kernel.ladder import GATES
from asora.kernel.permissions import SIGNED_IN
from audit.replay.decisions import OPERATE_HUB, PLAN_RULE, Decision

PASSED = ""


class Verdict(NamedTuple):
    """Which gate stops a decision, and the rule; both empty if none does. `is_known`: whether it could be decided."""

    gate: str = PASSED
    rule: str = ""
    is_known: bool = True

    @property
    def is_allowed(self) -> bool:
        """Returns True if no gate stops."""
        return self.gate == PASSED


ALLOWED = Verdict()
UNKNOWN = Verdict(is_known=False)
_PLACE = {gate: place for place, gate in enumerate(GATES)}


class Policy(Protocol):
    """What is proposed, or what is in force."""

    def judge(self, decision: Decision) -> Verdict:
        """The verdict on a decision under this policy. Called once for each decision, in the order of the trail."""


def recorded(decision: Decision) -> Verdict:
    """The verdict that the event recorded."""
    return Verdict(decision.stopped, decision.rule) if decision.stopped else ALLOWED


@dataclass(frozen=True, slots=True)
class Rights:
    """Roles, their permissions, and where people work.

    `permissions`: those of a role, or None for a role that is not in this table (of a command, or of an operator): its
    decisions keep their verdict. `role_of`: person → their role; of everybody else, what was recorded. `renamed`:
    recorded role → role of another role model. `hubs_of`: person → ids of the hubs where they work, None for all hubs;
    of everybody else, what was recorded. `works_at`: the same, used only for decisions that were refused for the role,
    where nobody had looked at the hubs yet.
    """

    permissions: Callable[[str], Collection[str] | None]
    role_of: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    hubs_of: Mapping[str, frozenset[int] | None] = field(default_factory=dict)
    works_at: Mapping[str, frozenset[int] | None] = field(default_factory=dict)

    def judge(self, decision: Decision) -> Verdict:
        """Decide the gate of permissions again: first the role, then the hubs, as the door does."""
        if _is_before(decision.stopped, "permitted"):
            return recorded(decision)
        if missing := self._missing_permission(decision):
            return Verdict("permitted", missing)
        if self._lacks_hub(decision):
            return Verdict("permitted", OPERATE_HUB)
        is_decided_here = decision.lacked_role or decision.lacked_hub
        return ALLOWED if is_decided_here else recorded(decision)

    def _missing_permission(self, decision: Decision) -> str:
        if decision.permission is None or decision.permission == SIGNED_IN:
            return ""
        is_by_name = True  # until a role of the table is found
        for role in self._roles(decision):
            known = self.permissions(role)
            if known is not None and decision.permission in known:
                return ""
            is_by_name = is_by_name and known is None
        return decision.permission if decision.lacked_role or not is_by_name else ""

    def _roles(self, decision: Decision) -> list[str]:
        if decision.actor in self.role_of:
            return [self.role_of[decision.actor]]
        return [self.renamed.get(role, role) for role in decision.roles]

    def _lacks_hub(self, decision: Decision) -> bool:
        known = {**self.works_at, **self.hubs_of} if decision.lacked_role else self.hubs_of
        if decision.actor not in known:
            return decision.lacked_hub
        hubs = known[decision.actor]
        if hubs is None:
            return False
        needed = decision.needs_hubs()
        return needed is None or not needed <= hubs


@dataclass(slots=True)
class Ceilings:
    """The ceilings of a plan: resource → limit, None for no ceiling. `limits` None: each decision's own, as recorded.

    It counts along: what it would have refused is missing from the usage of later decisions, and what it would have
    allowed is added.
    """

    limits: Mapping[str, int | None] | None = None
    #: resource, and its month for a ceiling per month → rows more (or fewer) than recorded.
    shifts: dict[tuple[str, str], int] = field(default_factory=dict)
    monthly: Collection[str] = ()

    def judge(self, decision: Decision) -> Verdict:
        """Decide the gate of the plan again."""
        claim = decision.claim
        if claim is None or _is_before(decision.stopped, "within_plan"):
            return recorded(decision)
        limit = claim.limit if self.limits is None else self.limits.get(claim.resource)
        was_stopped = decision.stopped == "within_plan"
        place = claim.resource, f"{decision.at:%Y-%m}" if claim.resource in self.monthly else ""
        asked = claim.asked or 0
        if limit is not None and claim.usage is None:
            return UNKNOWN
        usage = (claim.usage or 0) + self.shifts.get(place, 0)
        is_refused = limit is not None and (
            (asked > 0 and usage + asked > limit) or (was_stopped and asked == 0 and usage >= limit)
        )
        if is_refused != was_stopped:
            self.shifts[place] = self.shifts.get(place, 0) + (-asked if is_refused else asked)
        if is_refused:
            return Verdict("within_plan", f"{PLAN_RULE}{claim.resource}")
        return ALLOWED if was_stopped else recorded(decision)


def _is_before(gate: str, other: str) -> bool:
    return gate in _PLACE and _PLACE[gate] < _PLACE[other]


@dataclass(slots=True)
class Group:
    """Decisions of one action that one rule newly refuses, or no longer refuses."""

    action: str
    rule: str
    number: int = 0
    people: set[str] = field(default_factory=set)
    latest: list[Decision] = field(default_factory=list)

    def add(self, decision: Decision, *, most: int) -> None:
        """Count a decision; the latest are kept."""
        self.number += 1
        self.people.add(decision.actor)
        self.latest = [decision, *self.latest[: most - 1]]


@dataclass(slots=True)
class Replay:
    """The result. Not compared are `unreproduced` decisions, which the policy in force decides otherwise than recorded,
    and `unknown` ones, which recorded too little.
    """

    refused: dict[tuple[str, str], Group] = field(default_factory=dict)
    passed: dict[tuple[str, str], Group] = field(default_factory=dict)
    decisions: int = 0
    same: int = 0
    unknown: int = 0
    unreproduced: int = 0

    @property
    def newly_refused(self) -> int:
        """How many decisions that were allowed would be refused."""
        return sum(group.number for group in self.refused.values())

    @property
    def newly_passed(self) -> int:
        """How many decisions would get past the gate that refused them."""
        return sum(group.number for group in self.passed.values())


def replay(decisions: Iterable[Decision], *, now: Policy, proposed: Policy, most: int = 3) -> Replay:
    """Compare a proposed policy with what was recorded, over decisions in the order of the trail.

    `now`: the policy in force. A decision that it does not reproduce was made by another version of the rules; it is
    counted and left out. `most`: how many decisions of each group are kept.
    """
    result = Replay()
    for decision in decisions:
        result.decisions += 1
        was = recorded(decision)
        is_reproduced = now.judge(decision) == was
        would = proposed.judge(decision)
        if not is_reproduced:
            result.unreproduced += 1
        elif not would.is_known:
            result.unknown += 1
        elif was.is_allowed and not would.is_allowed:
            _group(result.refused, decision, would.rule).add(decision, most=most)
        elif would.is_allowed and not was.is_allowed:
            _group(result.passed, decision, was.rule).add(decision, most=most)
        else:
            result.same += 1
    return result


def _group(groups: dict[tuple[str, str], Group], decision: Decision, rule: str) -> Group:
    key = decision.action, rule
    if key not in groups:
        groups[key] = Group(*key)
    return groups[key]
