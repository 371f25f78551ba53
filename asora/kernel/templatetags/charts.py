"""Charts as plain SVG, made on the server: no script, no style attributes, and a table for screen readers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from django.utils import dateformat

from asora.kernel.shapes import ReadOnlyValues
from asora.kernel.templatetags.figures import signed_text

WIDTH = 1000
HEIGHT = 200
INTERVALS = 4
MAX_BARS = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a movement chart, in SVG units from the top left corner."""

    day: date | str
    label: str
    up: Decimal
    down: Decimal
    slot_x: str
    x: str
    width: str
    slot_width: str
    up_y: str
    up_height: str
    down_y: str
    down_height: str
    title: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """Everything that the template draws: the bars, the grid lines and the scale."""

    bars: Sequence[Bar]
    lines: Sequence[str]
    scale: Sequence[str]
    zero_y: str
    is_flat: bool


def bars_up_and_down(series: Iterable[ReadOnlyValues], *, unit: str = "") -> BarChart:
    """Lay out a series of `{"day", "up", "down"}` (both non-negative) around a zero line.

    Both directions have the same scale, so that bars can be compared.
    """
    days = [(point["day"], Decimal(point["up"] or 0), Decimal(point["down"] or 0)) for point in series]
    highest = max((up for _, up, _ in days), default=Decimal(0))
    lowest = max((down for _, _, down in days), default=Decimal(0))
    step = _round_step(max(highest, lowest))
    above, below = _intervals(highest, step=step), _intervals(lowest, step=step)
    total = above + below or 1
    per_unit = Decimal(HEIGHT) / (step * total)
    zero = per_unit * step * above
    slot = Decimal(WIDTH) / max(len(days), 1)
    labelled = _labelled(len(days))
    return BarChart(
        bars=[
            Bar(
                day=day,
                label=_short(day) if index in labelled else "",
                up=up,
                down=down,
                slot_x=_unit(slot * index),
                x=_unit(slot * index + slot * Decimal("0.2")),
                width=_unit(slot * Decimal("0.6")),
                slot_width=_unit(slot),
                up_y=_unit(zero - up * per_unit),
                up_height=_unit(up * per_unit),
                down_y=_unit(zero),
                down_height=_unit(down * per_unit),
                title=_sentence(day, up, down, unit),
            )
            for index, (day, up, down) in enumerate(days)
        ],
        lines=[_unit(Decimal(HEIGHT) * index / total) for index in range(total + 1) if index != above],
        scale=[_compact(step * (above - index)) for index in range(total + 1)],
        zero_y=_unit(zero),
        is_flat=not any(up or down for _, up, down in days),
    )


@dataclass(frozen=True, slots=True)
class Share:
    """One horizontal bar: a name, its value, and its start and length in percent of the width."""

    label: str
    value: Decimal
    url: str
    start: str
    length: str
    is_rest: bool = False

    @property
    def is_negative(self) -> bool:
        """Returns True if the bar is to the left of zero."""
        return self.value < 0


@dataclass(frozen=True, slots=True)
class ShareChart:
    """Horizontal bars from a common zero line. The line is at the left edge unless a value is negative."""

    shares: Sequence[Share]
    total: Decimal
    zero: str
    has_negative: bool


def bars_across(
    figures: Iterable[tuple[str, Decimal, str]], *, rest: str, most: int = MAX_BARS
) -> ShareChart:
    """Lay out `(label, value, address)` in order. All after the first `most` become one bar with the label `rest`."""
    every = list(figures)
    shown = [(label, value, url, False) for label, value, url in every[:most]]
    if others := every[most:]:
        shown.append(
            (f"{rest} ({len(others)})", sum((value for _, value, _ in others), Decimal(0)), "", True)
        )
    lowest = min((value for _, value, _, _ in shown), default=Decimal(0)).min(Decimal(0))
    highest = max((value for _, value, _, _ in shown), default=Decimal(0)).max(Decimal(0))
    span = highest - lowest or Decimal(1)
    return ShareChart(
        shares=[
            Share(
                label=label,
                value=value,
                url=url,
                start=_percent((min(value, Decimal(0)) - lowest) / span),
                length=_percent(abs(value) / span),
                is_rest=is_rest,
            )
            for label, value, url, is_rest in shown
        ],
        total=sum((value for _, value, _ in every), Decimal(0)),
        zero=_percent(-lowest / span),
        has_negative=lowest < 0,
    )


def _percent(share: Decimal) -> str:
    return f"{_unit(share * 100)}%"


def _sentence(day: date | str, up: Decimal, down: Decimal, unit: str) -> str:
    words = f"{_long(day)}: {signed_text(up, places=None, show_plus='+')}, {signed_text(-down, places=None)} {unit}"
    return words.strip()


def _round_step(highest: Decimal) -> Decimal:
    peak = highest / INTERVALS * 2
    if not peak:
        return Decimal(1)
    power = Decimal(10) ** peak.adjusted()
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= peak)


def _intervals(peak: Decimal, *, step: Decimal) -> int:
    return int((peak / step).to_integral_value(ROUND_CEILING))


def _labelled(count: int) -> set[int]:
    every = max(-(-count // 6), 1)
    return {index for index in range(count) if (count - 1 - index) % every == every // 2}


def _long(day: date | str) -> str:
    return dateformat.format(day, "M j, Y") if isinstance(day, date) else str(day)


def _short(day: date | str) -> str:
    return dateformat.format(day, "M j") if isinstance(day, date) else str(day)


def _compact(value: Decimal) -> str:
    for size, letter in ((Decimal(1_000_000), "M"), (Decimal(1_000), "k")):
        if abs(value) >= size:
            return signed_text(value / size, places=None) + letter
    return signed_text(value, places=None)


def _unit(value: Decimal) -> str:
    return format(value.quantize(Decimal("0.01")), "f").rstrip("0").rstrip(".")
