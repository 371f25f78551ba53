"""Charts: where bars begin and end, what is below zero, and how much is too much to show."""

from __future__ import annotations

from decimal import Decimal

from asora.kernel.templatetags.charts import bars_across


def laid_out(*values: int, most: int = 10) -> list[tuple[str, str]]:
    figures = [(str(value), Decimal(value), "") for value in values]
    return [(share.start, share.length) for share in bars_across(figures, rest="Others", most=most).shares]


def test_bars_begin_at_zero() -> None:
    assert laid_out(40, 20, 0) == [("0%", "100%"), ("0%", "50%"), ("0%", "0%")]


def test_what_is_negative_goes_the_other_way_on_the_same_scale() -> None:
    chart = bars_across([("a", Decimal(-30), ""), ("b", Decimal(10), "")], rest="Others")
    assert (chart.zero, chart.has_negative, chart.total) == ("75%", True, -20)
    assert laid_out(-30, 10) == [("0%", "75%"), ("75%", "25%")]
    assert laid_out(-30, -15) == [("0%", "100%"), ("50%", "50%")]
    assert [share.is_negative for share in chart.shares] == [True, False]


def test_nothing_is_drawn_of_nothing() -> None:
    assert laid_out() == []
    assert laid_out(0, 0) == [("0%", "0%"), ("0%", "0%")]


def test_more_than_ten_are_others_and_nothing_is_lost() -> None:
    figures = [(f"V{number}", Decimal(number), f"?v={number}") for number in range(30, 0, -1)]
    chart = bars_across(figures, rest="Others")
    assert len(chart.shares) == 11
    assert (chart.shares[-1].label, chart.shares[-1].is_rest, chart.shares[-1].url) == (
        "Others (20)",
        True,
        "",
    )
    assert sum(share.value for share in chart.shares) == chart.total == sum(range(31))
    assert len(bars_across(figures[:10], rest="Others").shares) == 10
