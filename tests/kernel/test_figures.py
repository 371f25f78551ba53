"""Figures as pages show them: money to the hundredth with the exact amount beside it, costs exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest

from asora.kernel.templatetags.values import cost, money


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1234.5", '<span class="money">1,234.50</span>'),
        ("7", '<span class="money">7.00</span>'),
        ("0", '<span class="money is-zero">0.00</span>'),
        ("-2614.896737", '<span class="money is-negative" title="\u22122,614.896737">\u22122,614.90</span>'),
        ("0.125", '<span class="money" title="0.125">0.12</span>'),
        ("0.135", '<span class="money" title="0.135">0.14</span>'),
        ("0.000001", '<span class="money" title="0.000001">0.00</span>'),
    ],
)
def test_money_is_rounded_half_to_even_and_says_what_it_was(value: str, shown: str) -> None:
    assert money(Decimal(value)) == shown


def test_an_absurd_amount_is_shown_too() -> None:
    shown = money(Decimal("9" * 40 + ".991111"))
    assert '.991111"' in shown
    assert "999.99<" in shown


def test_a_cost_is_never_rounded() -> None:
    assert cost(Decimal("13.835432"), "GBP") == (
        '<span class="money">13.83<span class="fine">5432</span> <span class="unit">GBP</span></span>'
    )
    assert cost("14.2") == '<span class="money">14.20<span class="fine"></span></span>'


@pytest.mark.parametrize("shown", [money, cost])
def test_what_is_not_known_is_a_dash(shown: object) -> None:
    assert "nothing" in shown(None)  # type: ignore[operator]
