"""The histogram as bars of an SVG drawing: places and heights, labels, and the address of each bar's events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.explorer.histogram import DAY, Bar, Histogram
from audit.explorer.related import address_of

WIDTH, HEIGHT = 1000, 100
#: Outcomes from the bottom of a bar to its top.
OUTCOMES = ("allowed", "noop", "refused", "failed")
LABELS = 6
MIN_HEIGHT = 1.5


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a bar for one outcome, in units of the drawing from its top."""

    outcome: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """One bar, with the text that names it, its label on the axis (or none), and the address of its events."""

    x: str
    width: str
    slot_x: str
    slot_width: str
    parts: Sequence[Part]
    text: str
    label: str
    url: str
    total: int


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing. `outcomes`: those that occur."""

    bars: Sequence[DrawnBar]
    outcomes: Sequence[str]
    highest: int
    total: int
    is_capped: bool
    width: int = WIDTH
    height: int = HEIGHT


def chart_of(histogram: Histogram, *, zone: ZoneInfo) -> Chart:
    """Lay out a histogram. `zone`: that of the labels."""
    highest = max((bar.total for bar in histogram.bars), default=0) or 1
    slot = WIDTH / max(len(histogram.bars), 1)
    every = max(-(-len(histogram.bars) // LABELS), 1)
    bars = []
    for place, bar in enumerate(histogram.bars):
        is_labelled = place % every == every // 2
        bars.append(
            DrawnBar(
                x=_unit(slot * place + slot * 0.12),
                width=_unit(min(slot * 0.76, 60)),
                slot_x=_unit(slot * place),
                slot_width=_unit(slot),
                parts=_parts(bar, highest),
                text=_text(bar, histogram.step, zone),
                label=_label(bar, histogram.step, zone) if is_labelled else "",
                url=address_of(bar.query),
                total=bar.total,
            )
        )
    outcomes = [name for name in OUTCOMES if any(bar.numbers[name] for bar in histogram.bars)]
    return Chart(bars, outcomes, highest, histogram.total, histogram.is_capped)


def _parts(bar: Bar, highest: int) -> list[Part]:
    parts, top = [], float(HEIGHT)
    for outcome in OUTCOMES:
        if number := bar.numbers[outcome]:
            height = max(number / highest * HEIGHT, MIN_HEIGHT)
            top -= height
            parts.append(Part(outcome, _unit(top), _unit(height)))
    return parts


def _label(bar: Bar, step: timedelta, zone: ZoneInfo) -> str:
    start = bar.start.astimezone(zone)
    return dateformat.format(start, "M j" if step >= DAY else "H:i")


def _text(bar: Bar, step: timedelta, zone: ZoneInfo) -> str:
    start = bar.start.astimezone(zone)
    when = dateformat.format(start, "M j, Y" if step >= DAY else "M j, Y H:i")
    if step > DAY:
        last = (bar.end - DAY).astimezone(zone)
        when = f"{when} \N{EN DASH} {dateformat.format(last, 'M j, Y')}"
    events = ngettext("%(number)s event", "%(number)s events", bar.total) % {"number": f"{bar.total:,}"}
    if refused := bar.numbers["refused"]:
        return _("%(when)s: %(events)s, %(refused)s refused") % {
            "when": when, "events": events, "refused": f"{refused:,}",
        }  # fmt: skip
    return f"{when}: {events}"


def _unit(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
