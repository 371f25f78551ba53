"""A thousand refusals, drawn by a seed over every gate: what the trail says would allow them does, and nothing less.

Each repair is proved three times: by the look that found it, by leaving it out, and by really doing it and sending the
request again. `ASORA_SEED=… ASORA_EXAMPLES=…` draws others, or more.
"""

from __future__ import annotations

import os
from collections import Counter
from statistics import median
from typing import Any

import pytest

from asora.accounts.models import User
from asora.kernel import asked
from asora.kernel.refusals import Refusal
from audit.events.models import Event
from audit.explorer.rehearsals.looks import Request, look, request_of
from audit.explorer.rehearsals.why import Plan, plan_for
from tests.audit.refusals.kinds import Draw
from tests.audit.refusals.world import World, digest, undone

SEED = int(os.environ.get("ASORA_SEED", "20110423"))
EXAMPLES = int(os.environ.get("ASORA_EXAMPLES", "1000"))
#: Reasons without a repair are drawn too.
FINAL = {
    "ALREADY_POSTED",
    "ALREADY_REVERSED",
    "CODE_TAKEN",
    "STALE_FORM",
    "NOT_ARCHIVED",
    "DATE_IN_FUTURE",
}


@pytest.fixture
def world(acacia: Any, act_as: Any, master_data: Any) -> World:
    return World(master_data, act_as, acacia)


def test_what_would_allow_a_refusal_does(world: World) -> None:
    reasons: Counter[str] = Counter()
    sizes: list[int] = []
    seed, blocked = SEED, 0
    while sum(reasons.values()) < EXAMPLES:
        seed += 1
        with undone():
            draw = Draw(world, seed)
            event = refused(draw)
            if event is None:
                continue
            request = request_of(event)
            before = digest() if seed % 50 == 0 else None
            plan = plan_for(request)
            assert before is None or digest() == before, f"a look left something ({seed})"
            reasons[event.reason] += 1
            if plan.blocked is not None:
                blocked += 1
                assert plan.blocked.cause, seed
                continue
            assert plan.steps, (seed, event.reason, "it would be allowed now")
            prove(world, request, plan, seed)
            sizes.append(len(plan.steps))
    world.plan("pro")
    assert len(reasons) >= 25, reasons
    assert blocked < EXAMPLES / 2
    assert set(reasons) >= FINAL or EXAMPLES < 1000
    assert max(sizes) >= 4
    assert median(sizes) <= 3


def refused(draw: Draw) -> Event | None:
    """The event of a drawn request; None if it was allowed."""
    attempt = draw.make()
    last = Event.objects.latest("number").number
    try:
        attempt(draw.world.act(draw.role))
    except Refusal:
        return Event.objects.get(outcome="refused", number__gt=last)
    finally:
        draw.world.tenant.refresh_from_db(fields=["plan"])
    return None


def prove(world: World, request: Request, plan: Plan, seed: int) -> None:
    """Leave out each repair; try each alternative; and do what was chosen for real."""
    chosen = plan.chosen
    named = [repair.key for repair in chosen]
    for step in plan.steps:
        others = [one.need[0] for one in plan.steps if one is not step]
        assert look(request, others) is not None, (seed, named, step.need[0].key)
        for repair in step.need:
            assert look(request, [*others, repair]) is None, (seed, named, repair.key)
    values = asked.rebuilt(request.asked or {})
    ref = request.event.actor_ref
    for repair in chosen:
        world.apply(repair)
        values |= dict(repair.sent or {})
        ref = repair.as_person or ref
    act = world.act_as(user=User.objects.get(ref=ref))
    try:
        request.action(act, **values)
    except Refusal as refusal:
        pytest.fail(
            f"{seed}: {named} should allow {request.action.name}, but {refusal.reason}: {refusal.details}"
        )
