"""The rules of the clocks against a second computation, minute by minute, over random histories of tickets."""

from __future__ import annotations

import os
import random
from functools import cache

import pytest

from support.clocks import rules
from support.clocks.business_time import Hours
from support.clocks.rules import History, Policy, Target
from tests.support.clocks import minute_by_minute as model
from tests.support.clocks.minute_by_minute import MinuteCalendar, Promised, Ticket, utc

SEED = int(os.environ.get("ASORA_SEED", "1"))
#: Histories per window; four windows make 10,000 histories in all.
EXAMPLES = int(os.environ.get("ASORA_EXAMPLES", "2500"))
MINUTES = 45 * 1440

WEEKDAYS = [[[540, 1020]]] * 5 + [[], []]
CALENDARS = {
    "business": ("America/New_York", WEEKDAYS, {"2026-03-10", "2026-11-11", "2026-06-19"}),
    "lunch": ("Europe/Berlin", [[[480, 720], [780, 1020]]] * 5 + [[[540, 600]], []], {"2026-04-03"}),
    "always": ("America/New_York", [[[0, 1440]]] * 7, set()),
    "night": ("Australia/Lord_Howe", [[[0, 150], [1320, 1440]]] * 7, set()),
}
#: Six weeks each: both changes of daylight-saving time in New York and Berlin, and in Lord Howe by half an hour.
WINDOWS = {
    "spring": utc(2026, 3, 4),
    "summer": utc(2026, 6, 1),
    "autumn": utc(2026, 10, 1),
    "november": utc(2026, 10, 30),
}


@cache
def hours(name: str) -> Hours:
    zone, week, holidays = CALENDARS[name]
    return Hours(time_zone=zone, week=week, holidays=holidays)


@cache
def calendar(name: str, window: str) -> MinuteCalendar:
    if name == "":
        return MinuteCalendar.always(MINUTES)
    zone, week, holidays = CALENDARS[name]
    return MinuteCalendar(begin=WINDOWS[window], minutes=MINUTES, zone=zone, week=week, holidays=holidays)


def drawn_policy(draw: random.Random, window: str) -> tuple[Policy, list[Promised]]:
    """A policy that is drawn: targets of every kind, in both computations."""
    targets, promised = [], []
    for clock in rules.CLOCKS:
        for _ in range(draw.randint(1, 4)):
            unit = draw.choice(["minutes", "business_minutes", "business_days", "same_business_day"])
            name = "" if unit == "minutes" else draw.choice(list(CALENDARS))
            amount = {"business_days": draw.randint(1, 4), "minutes": draw.randint(1, 6000)}.get(
                unit, draw.randint(1, 2000)
            )
            severity = draw.choice([None, 1, 2, 3, 4])
            category, queue = draw.choice(["", "", "A", "E"]), draw.choice(["", "", "l1", "l2"])
            pauses = draw.random() < 0.6
            targets.append(
                Target(
                    0, clock, severity, category, queue, amount, unit, hours(name) if name else None, pauses
                )
            )
            promised.append(
                Promised(clock, severity, category, queue, amount, unit, calendar(name, window), pauses)
            )
    return Policy(version=1, published=0, targets=targets), promised


def drawn_history(draw: random.Random) -> tuple[list[tuple[str, str, int, tuple | None]], int]:
    """What happens to a ticket, as (clock, kind, minute, classification), and the minute at which it is looked at."""
    minute = draw.randint(2 * 1440, 9 * 1440)  # the line may begin in the middle of a local day
    before = None

    def classification() -> tuple:
        nonlocal before
        severity = draw.choice([1, 2, 3, 4])
        if before is None and draw.random() < 0.3:
            severity = None
        before = (severity, draw.choice(["", "A", "E"]), draw.choice(["l1", "l2"]))
        return before

    happened: list = [("all", "policy_applied", minute, classification())]
    happened += [(clock, "activate", minute, None) for clock in rules.CLOCKS]
    for _ in range(draw.randint(0, 10)):
        minute += draw.choice([0, 1, draw.randint(1, 90), draw.randint(1, 2000)])
        kind = draw.choice(
            [
                "policy_applied",
                "pause",
                "resume",
                "pause",
                "resume",
                "fulfil",
                "cancel",
                "activate",
                "unfinish",
            ]
        )
        clock = draw.choice(rules.CLOCKS)
        if kind == "policy_applied":
            happened.append(("all", kind, minute, classification()))
        elif kind in ("pause", "resume"):
            happened.append(("all", kind, minute, None))
        elif kind == "unfinish":
            happened.append((clock, "resume", minute, None))
        else:
            happened.append((clock if draw.random() < 0.9 or kind != "cancel" else "all", kind, minute, None))
    return happened, minute + draw.choice([0, draw.randint(0, 300), draw.randint(0, 9000)])


def played(happened: list[tuple[str, str, int, tuple | None]]) -> Ticket:
    """The story for the second computation."""
    ticket = Ticket()
    for clock, kind, minute, classification in happened:
        if classification is not None:
            ticket.classified.append((minute, *classification))
        elif clock == "all" and kind in ("pause", "resume"):
            is_paused = bool(ticket.paused) and ticket.paused[-1][1] is None
            if kind == "pause" and not is_paused:
                ticket.paused.append([minute, None])
            if kind == "resume" and is_paused:
                ticket.paused[-1][1] = minute
        else:
            for name in list(ticket.clocks) if clock == "all" else [clock]:
                ticket.clocks[name] = changed(ticket.clocks.get(name), name, kind, minute)
    return ticket


def changed(before: list | None, clock: str, kind: str, minute: int) -> list:
    """A clock of the second computation after an event: [started, ended, how, [(ended, reopened)]]."""
    if kind == "activate" or before is None:
        return [minute, None, "", []]
    started, ended, _how, stops = before
    if kind == "resume":
        return before if ended is None else [started, None, "", [*stops, (ended, minute)]]
    if ended is not None:
        return before
    if kind == "fulfil" and clock in ("update", "nudge"):
        return [minute, None, "", []]
    return [started, minute, kind, stops]


def seconds(window: str, minute: int) -> int:
    return int(WINDOWS[window].timestamp()) + minute * 60


def facts(classification: tuple | None) -> dict | None:
    return (
        dict(zip(("severity", "category", "queue"), classification, strict=True)) if classification else None
    )


@pytest.mark.parametrize("window", WINDOWS)
def test_random_histories_agree(window):
    checked = {"running": 0, "paused": 0, "met": 0, "missed": 0, "cancelled": 0}
    for example in range(EXAMPLES):
        draw = random.Random(f"{SEED}:{window}:{example}")
        policy, promised = drawn_policy(draw, window)
        happened, now = drawn_history(draw)
        past = History()
        for clock, kind, minute, classification in happened:
            past.add(clock, kind, seconds(window, minute), facts(classification))
        ours = {
            reading.clock: (reading.state, reading.due)
            for reading in rules.readings(past, [policy], seconds(window, now))
        }
        ticket = played(happened)
        theirs = {}
        for clock in ticket.clocks:
            found = model.clock_is(ticket, promised, clock, now)
            if found is not None:
                theirs[clock] = (found[0], None if found[1] is None else seconds(window, found[1]))
        assert ours == theirs, f"ASORA_SEED={SEED}, {window}, example {example}: {happened}"
        for state, _due in ours.values():
            checked[state] += 1
    assert all(checked.values()) or EXAMPLES < 100, checked
