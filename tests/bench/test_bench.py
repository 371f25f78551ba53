"""That every line runs, and that both of its sides write the same rows. No time is asserted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench import __main__ as bench
from tests.bench.harness import SIZES

pytestmark = pytest.mark.bench


@pytest.mark.parametrize("line", bench.LINES)
def test_both_sides_write_the_same_rows(line: str, django_db_setup: None, django_db_blocker: Any) -> None:
    """In the small size; the writers' line also looks for gaps, lost updates and errors."""
    with django_db_blocker.unblock():
        results = list(bench.LINES[line](SIZES["small"]))

    assert [result.figures["wrong"] for result in results] == [[] for _ in results]
    assert all(result.ratio > 0 for result in results)
