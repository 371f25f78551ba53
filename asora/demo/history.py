"""Creates the history of a demo tenant, action by action, in the order of time."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from asora.demo import clock, other_systems, past
from asora.demo.scenery import DemoTenant
from asora.demo.story import DAYS, DAYS_OF_A_PAST, Chapter, Story
from plans.models import Tenant

SEED = 20_110_423


def add_history(tenant: Tenant, demo: DemoTenant, *, moves_clock: bool = False) -> None:
    """Create the recent deliveries and issues of a tenant, or its whole past where the clock can be moved.

    `moves_clock`: every chapter is recorded at its own time. Otherwise all are recorded now, one after another, and
    chapters that need a past are left out.
    """
    chance = random.Random(f"{SEED}-{demo.slug}")  # noqa: S311 - realistic, not secret
    story = Story(tenant, demo, chance, days=DAYS_OF_A_PAST if moves_clock else DAYS)
    chapters = [*_trade(story), *other_systems.chapters(story)]
    chapters += past.chapters(story) if moves_clock else ()
    for chapter in sorted(chapters, key=lambda chapter: (chapter.day, chapter.hour)):
        moment = datetime.combine(chapter.day, time(chapter.hour, 10), tzinfo=ZoneInfo(tenant.time_zone))
        with clock.at(moment) if moves_clock else contextlib.nullcontext():
            chapter.tell()


def _trade(story: Story) -> Iterator[Chapter]:
    for number in range(story.demo.deliveries):
        day = story.day_of(number)
        yield Chapter(day, 8, partial(story.deliver, number, day))
        if number % 2:
            yield Chapter(day, 10, partial(story.issue, number, day))
        if number % 9 == 5:
            yield Chapter(day, 12, partial(story.put_away, number, day))
        if number % 16 == 7:
            yield Chapter(day, 14, partial(story.write_off, number, day))
    yield Chapter(story.today - timedelta(days=1), 15, story.ask_for_a_count)
