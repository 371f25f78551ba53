"""Every line runs, and both of its sides write the same rows. No time is asserted."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from ledger.proof import verification
from tests.bench import __main__ as bench
from tests.bench import large, others
from tests.bench.harness import SIZES

pytestmark = pytest.mark.bench


@pytest.mark.parametrize("line", bench.LINES)
def test_both_sides_write_the_same_rows(line: str, django_db_setup: None, django_db_blocker: Any) -> None:
    """In the small size; the writers' line also looks for gaps, lost updates and errors."""
    if line == "others" and not all(others.is_installed(other) for other in others.OTHERS):
        pytest.skip("`make bench OPTIONS=others` installs the other products; tests fetch nothing")
    with django_db_blocker.unblock():
        results = list(bench.LINES[line](SIZES["small"]))

    assert [result.figures["wrong"] for result in results] == [[] for _ in results]
    assert all(result.ratio > 0 for result in results)


def test_the_large_ledger_is_proved(django_db_setup: None, django_db_blocker: Any) -> None:
    """In the small size: the rows made by SQL are those that the product would write."""
    with django_db_blocker.unblock(), large.ledgers(SIZES["small"]) as both:
        for ledger in (both.large, both.small):
            with tenant_context(ledger.tenant):
                checks = list(verification.verify())
            assert [check for check in checks if check.broken] == []
            assert next(check.rows for check in checks if check.name == "bin_running") == ledger.entries
