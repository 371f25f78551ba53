"""The promised times that Asora ships."""

from __future__ import annotations

import pytest

from support.clocks.shipped import promises
from support.models import SlaTarget

SAME_DAY, DAYS = SlaTarget.Unit.SAME_BUSINESS_DAY, SlaTarget.Unit.BUSINESS_DAYS


@pytest.mark.parametrize(
    ("category", "amount", "unit"),
    [*((category, None, SAME_DAY) for category in "ABCD"), *((category, 1, DAYS) for category in "EFGH")],
)
def test_the_first_answer_of_each_category(category, amount, unit):
    """The same business day for what a rule refused, one business day for what needs a look at the ledger."""
    [found] = [one for one in promises() if (one.clock, one.category) == ("ack", category)]
    assert found.unit == unit
    assert amount is None or found.amount == amount
