"""Steps about counts: opening, counting while stock moves, handing in, recounting, deciding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.ledger.model.counts import Count, Opening, Recording, Scan, Submission, end_of
from tests.ledger.model.deciding import Approval, Cancellation, Choice, Recount, Verdict
from tests.ledger.random_history.moving import documents_of, drain, movements, post, reverse
from tests.ledger.random_history.steps import (
    DECIMALS,
    HUBS,
    PLACES,
    Past,
    Step,
    mostly,
    none,
    numbers,
    one_of,
    pick,
    picks,
    places,
    quantities_of,
    rarely,
    skus,
)

tolerances = st.tuples(
    st.sampled_from(["none", "none", "units", "percent", "value", "value", "value"]),
    numbers("0", "0.5", "1", "1", "2", "2", "5", "10", "10", "50", "50", "-1"),
)


@cache
def openings_of(hub: str) -> st.SearchStrategy[Opening]:
    """A count of a hub or of a part of it; rarely an invalid one."""
    own = [place for place in PLACES if place[0] == hub]
    return st.builds(
        Opening,
        none,
        st.just(hub),
        st.sampled_from([frozenset()] * 12 + [frozenset(own[:1]), frozenset(own[1:]), frozenset(PLACES[:3])]),
        st.sampled_from([frozenset()] * 4 + [frozenset({"BOLT"}), frozenset({"OIL", "CABLE"})]),
        st.sampled_from([""] * 12 + ["ever", "a day to come"]),
        st.booleans(),
        tolerances,
    )


openings = st.sampled_from(HUBS).flatmap(openings_of)
# The difference between counted and actual stock; None: the line is not counted.
differences = st.lists(
    st.sampled_from(["0", "0", "0", "0", "1", "-1", "2", "-2", "1", "-1", "0.5", None]).map(
        lambda text: None if text is None else Decimal(text)
    ),
    min_size=1,
    max_size=4,
)
of_item = {sku: st.tuples(st.just(sku), places, quantities_of(sku)) for sku in DECIMALS}
stray = skus.flatmap(of_item.__getitem__)
strays = st.integers(0, 3).flatmap(
    lambda one: st.lists(stray, min_size=1, max_size=2) if one == 3 else st.just([])
)


def _open(opening: Opening) -> Step:
    def wish(past: Past) -> Opening:
        held = {place[0] for (_, place), quantity in past.ledger.stock.bins.items() if quantity}
        hub = opening.hub if opening.hub in held or opening.bins or not held else min(held)
        return replace(opening, hub=hub, submission=past.number)

    return Step(f"open {opening}", wish)


def _about(number: int, make: Callable[[int, Count, Past], Any], name: str) -> Step:
    """A step about a count; the latest count is picked most often."""

    def wish(past: Past) -> Any:
        count = len(past.ledger.counts)
        if not count:
            return None
        at = count - 1 - number % count
        return make(at, past.ledger.counts[at], past)

    return Step(f"{name} of count {number}", wish)


def _record(
    number: int, person: str, found: list[Decimal | None], more: list[tuple[str, tuple[str, str], Decimal]]
) -> Step:
    def make(at: int, count: Count, past: Past) -> Recording:
        figures = []
        sent_back = [line for line in count.lines if count.state != "recount" or line.round == count.round]
        for line, difference in zip(sent_back, found * (1 + len(sent_back)), strict=False):
            if difference is not None:
                here = past.ledger.bin_at(len(past.ledger.postings), line.item, line.place)
                figures.append((line.item, line.place, max(here + difference, Decimal(0))))
        return Recording(at, person, (*figures, *more))

    return _about(number, make, f"record {found} {more} by {person}")


def _scan(number: int, person: str, line: int, earlier: int) -> Step:
    """A scan of a line of the sheet; sometimes one that was sent before."""

    def make(at: int, count: Count, past: Past) -> Scan | None:
        found = pick(count.lines, line)
        if found is None:
            return None
        return Scan(at, person, found.item, found.place, past.number if earlier > 2 else earlier)

    return _about(number, make, f"scan {line} {earlier} by {person}")


def _submit(number: int, leaves_out: bool) -> Step:
    def make(at: int, count: Count, past: Past) -> Submission:
        return Submission(at, frozenset(range(len(count.lines))) if leaves_out else frozenset())

    return _about(number, make, f"submit {leaves_out}")


def _recount(number: int, chosen: list[int], is_stale: bool) -> Step:
    def make(at: int, count: Count, past: Past) -> Recount:
        found = frozenset(line % len(count.lines) for line in chosen) if count.lines else frozenset()
        return Recount(at, found, is_stale)

    return _about(number, make, f"recount {chosen} {is_stale}")


def _choose(number: int, line: int, reading: int, is_stale: bool) -> Step:
    def make(at: int, count: Count, past: Past) -> Choice | None:
        read = [number for number, line in enumerate(count.lines) if line.readings]
        # If people differ, somebody must choose.
        several = [number for number in read if len(count.lines[number].valid) > 1]
        wanted = pick(several or read, line)
        if wanted is None:
            return None
        return Choice(at, wanted, reading % len(count.lines[wanted].readings), is_stale)

    return _about(number, make, f"choose {line} {reading} {is_stale}")


def _decide(number: int, line: int, decision: str, is_stale: bool) -> Step:
    """Decide what a correction was about, if that is an open question."""

    def make(at: int, count: Count, past: Past) -> Verdict | None:
        end = end_of(past.ledger, count)
        asked = [
            number
            for number, each in enumerate(count.lines)
            if (held := each.settled(past.ledger, end=end))
            and each.is_open_question(past.ledger, held, end=end)
        ]
        wanted = pick(asked or list(range(len(count.lines))), line)
        return None if wanted is None else Verdict(at, wanted, decision, is_stale)

    return _about(number, make, f"judge {line} {decision} {is_stale}")


def _approve(number: int, accepts: bool, is_stale: bool) -> Step:
    def make(at: int, count: Count, past: Past) -> Approval:
        return Approval(at, frozenset(range(len(count.lines))) if accepts else frozenset(), is_stale)

    return _about(number, make, f"approve {accepts} {is_stale}")


def _cancel(number: int) -> Step:
    return _about(number, lambda at, count, past: Cancellation(at), "cancel")


people = st.sampled_from(["owner", "owner", "counter"])
records = st.builds(_record, picks, people, differences, strays)
scans = st.builds(_scan, picks, people, st.integers(0, 5), st.integers(0, 5))
submissions = st.builds(_submit, picks, mostly)
recounts = st.builds(_recount, picks, st.lists(st.integers(0, 5), max_size=3), rarely)
choices = st.builds(_choose, picks, st.integers(0, 5), st.integers(0, 3), rarely)
decisions = st.sampled_from(["same", "another"])
few = st.integers(0, 3)
verdicts = st.builds(_decide, picks, st.integers(0, 5), decisions, rarely)
approvals = st.builds(_approve, picks, mostly, rarely)
counting = one_of(
    (1, openings.map(_open)),
    (2, records),
    (2, scans),
    (1, submissions),
    (1, recounts),
    (1, choices),
    (1, verdicts),
    (1, approvals),
    (1, st.builds(_cancel, picks)),
)
meanwhile = one_of((3, movements), (1, st.builds(drain, picks)))
deciding = one_of(
    (3, meanwhile),
    (2, choices),
    (3, verdicts),
    (2, recounts),
    (2, records),
    (1, scans),
    (2, submissions),
    (1, approvals),
)


@st.composite
def whole_counts(draw: Callable[..., Any]) -> list[Step]:
    """A typical count, with movements in between, at least up to a first approval."""
    between = st.lists(one_of((2, meanwhile), (1, scans)), max_size=3)
    found = draw(differences)
    steps = [draw(openings.map(_open)), _record(0, "owner", found, []), *draw(between)]
    if draw(st.booleans()):  # two people may count the same at different times
        steps += [
            _record(0, "counter", found if draw(st.booleans()) else draw(differences), []),
            *draw(between),
        ]
    steps.append(draw(submissions))
    steps += draw(st.lists(deciding, max_size=5))
    steps.append(draw(approvals))
    if draw(rarely):  # a reversed count does not count
        steps += [reverse(0), _open(replace(draw(openings), since="ever"))]
    return steps


@st.composite
def overlapping_counts(draw: Callable[..., Any]) -> list[Step]:
    """Two counts of one hub, counted in one order and decided in the same or the other, with corrections in between."""
    hub = draw(st.sampled_from(HUBS))
    between = st.lists(one_of((2, documents_of("adjustment").map(post)), (1, meanwhile)), max_size=2)
    whole = Opening(None, hub, tolerance=draw(tolerances))
    steps = [_open(whole), _open(draw(openings_of(hub)) if draw(rarely) else whole)]
    found = draw(differences)
    for number in draw(st.sampled_from([(0, 1), (1, 0), (0, 1, 0)])):
        figures = found if draw(mostly) else draw(differences)
        steps += [_record(number, draw(people), figures, draw(strays)), *draw(between)]
    steps += [_submit(0, True), _submit(1, True), *draw(between)]
    for number in draw(st.sampled_from([(0, 1), (1, 0)])):
        steps += [_decide(number, draw(st.integers(0, 5)), draw(decisions), False) for _ in range(draw(few))]
        steps += [_approve(number, True, False), *draw(between)]
    if draw(rarely):
        steps += [reverse(draw(picks)), _approve(0, True, False), _approve(1, True, False)]
    return steps
