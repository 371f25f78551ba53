"""Line 1: one posting through the action, all gates and the audit event included, against SQL for the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ledger.actions.receiving import receive
from ledger.posting.drafts import Draft
from tests.bench import by_hand, twin_tenants
from tests.bench.harness import Result, Size, side_by_side
from tests.bench.twin_tenants import Deliveries, Side

GOALS = {1: 4.0, 100: 1.5}
WARM_UP = 20


def measure(size: Size) -> Iterator[Result]:
    """A posting of 1 line, and one of 100."""
    for lines, goal in GOALS.items():
        with twin_tenants.twins(twin_tenants.fill) as (ours, theirs):
            yield _measure(size, lines, goal, ours, theirs)


def _measure(size: Size, lines: int, goal: float, ours: Side, theirs: Side) -> Result:
    deliveries = Deliveries(f"posting {lines}")
    drafts = [deliveries.draft(lines) for _ in range(WARM_UP + size.postings)]

    def through_the_door(turn: int) -> Callable[[], object]:
        act, draft = ours.new_act(), drafts[turn]
        hubs = _hubs(deliveries, draft)
        return lambda: receive(act, draft=draft, hubs=hubs, reference=draft.reference)

    def as_sql(turn: int) -> Callable[[], object]:
        act, draft = theirs.new_act(), drafts[turn]
        return lambda: by_hand.receive(theirs.plain, act, draft)

    times = side_by_side(asora=through_the_door, by_hand=as_sql, turns=size.postings, warm_up=WARM_UP)
    unlike = twin_tenants.differences(ours, theirs)
    return Result(
        work=f"one posting of {lines} line{'s' if lines > 1 else ''} through the action",
        ratio=times.ratio,
        goal=goal,
        is_at_most=True,
        detail=times.detail(),
        figures={"asora": list(times.asora), "by_hand": list(times.by_hand), "wrong": unlike},
    )


def _hubs(deliveries: Deliveries, draft: Draft) -> list[object]:
    """The hubs that a form would pass to the door's hub gate."""
    places = {(line.bin_id - deliveries.first_bin) // twin_tenants.BINS for line in draft.lines}
    return [deliveries.hubs[place] for place in sorted(places)]
