"""Texts and figures as payloads have them: valid UTF-8 JSON whatever somebody typed, and always in one form."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audit.events.redaction import redact
from integrations.types.canonical import SIMPLE, canonical, moment, text

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
@example("\x00")
@example("\ud800 alone")
@example("\u2028\u2029")
@example('{"password": "hunter2", "kept": 1}')
@example("Bearer abcdefghijklmnop")
@example("https://anna:secret@example.com/")
def test_any_text_is_sent_as_redacted_json(typed: str) -> None:
    written = text(typed)
    clean = typed.replace("\x00", "").encode(errors="replace").decode()
    assert json.loads(written.encode()) == redact(clean)[0]
    assert written == canonical(redact(clean)[0])


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**19), max_value=10**19))
@example(Decimal("1E+3"))
@example(Decimal("-0.000001"))
def test_a_figure_is_its_digits(figure: Decimal) -> None:
    written = SIMPLE[Decimal](figure)
    assert "E" not in written
    assert Decimal(json.loads(written)) == figure


@pytest.mark.parametrize(
    "zone", [UTC, timezone(timedelta(hours=5, minutes=45)), timezone(timedelta(hours=-11))]
)
def test_a_moment_is_in_utc_to_the_microsecond(zone: timezone) -> None:
    at = datetime(2026, 3, 2, 9, 41, 7, tzinfo=UTC).astimezone(zone)
    assert moment(at) == "2026-03-02T09:41:07.000000Z"
