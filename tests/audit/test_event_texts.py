"""How the values of an event are read by people."""

from __future__ import annotations

from typing import Any

import pytest

from audit.templatetags.trail import MAX_LENGTH, as_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "\N{EN DASH}"),
        ("", "\N{EN DASH}"),
        ("plain", "plain"),
        (["A", "B", 3], "A, B, 3"),
        ({"a": ["ä"]}, '{"a": ["ä"]}'),
        ("x" * MAX_LENGTH, "x" * MAX_LENGTH),
        (["S-1"] * 100_000, ("S-1, " * 100_000)[:MAX_LENGTH] + "…"),
    ],
    ids=["none", "empty", "text", "list", "object", "just", "long"],
)
def test_a_value_as_a_person_reads_it(value: Any, text: str) -> None:
    assert as_text(value) == text
