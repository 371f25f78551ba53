"""The one reader of typed numbers; the page's script reads the same cases in tests/browser/test_numbers.py."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from asora.kernel.numbers import NumberRefused, decimal_of, is_ambiguous, proves_point, refuse_ambiguous
from asora.kernel.refusals import Reason

CASES = json.loads((Path(__file__).parent / "numbers.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["typed"][:20] for case in CASES])
def test_cases(case: dict[str, Any]) -> None:
    """What is a quantity, and which of them could also mean a thousand times as much."""
    if case["read"] is None:
        with pytest.raises(NumberRefused):
            decimal_of(case["typed"], most_digits=20, places=4)
        return
    number = decimal_of(case["typed"], most_digits=20, places=4)
    assert number == Decimal(case["read"])
    assert is_ambiguous(number) is case.get("could_be_thousands", False)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("1E5", "without an exponent"),
        ("5.9E+12", "without an exponent"),
        ("1_000", "without anything between"),
        ("1.000.000", "without anything between"),
        ("1 000", "without anything between"),
        ("1,000", "without commas"),
        ("1,5", "without commas"),
        ("many", "Write digits"),
    ],
)
def test_says_what_to_write(typed: str, message: str) -> None:
    """A refusal helps; it does not repeat what was typed."""
    with pytest.raises(NumberRefused, match=message) as refused:
        decimal_of(typed, most_digits=20, places=4)
    assert typed not in str(refused.value)
    assert refused.value.reason is Reason.INVALID_INPUT


@pytest.mark.parametrize(
    ("typed", "small", "large"),
    [("1.000", "1", "1000"), ("-12.500", "-12.5", "-12500"), ("1.125", "1.1250", "1125")],
)
def test_names_both_numbers_that_may_be_meant(typed: str, small: str, large: str) -> None:
    """Both suggestions are unambiguous."""
    with pytest.raises(NumberRefused, match=f"as {small} or as {large}") as refused:
        refuse_ambiguous(decimal_of(typed, most_digits=20, places=4))
    assert refused.value.reason is Reason.NUMBER_AMBIGUOUS
    for written in (small, large):
        refuse_ambiguous(decimal_of(written, most_digits=20, places=4))


@pytest.mark.parametrize(
    ("cells", "is_shown"),
    [
        (["1.000", "2.5"], True),
        (["1.000", "0.125"], True),
        (["1.000", "1234.567"], True),
        (["1.000", "\u22122.50"], True),
        (["1.000", "1.000", "12", ""], False),
        (["1.000", "5."], False),
        (["1.000", "1.000.000"], False),
        (["1.000", "2.5", "2,5"], False),
        ([], False),
    ],
)
def test_what_shows_that_a_point_is_the_decimal_sign(cells: list[str], is_shown: bool) -> None:
    """Only unambiguous numbers of a file prove its decimal sign."""
    assert proves_point(cells) is is_shown
