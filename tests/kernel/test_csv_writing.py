"""Deterministic CSV: every value survives writing and reading, and no cell is a formula."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from asora.kernel.csv.reading import read_table
from asora.kernel.csv.writing import DANGEROUS, cell, csv_bytes, guard, unguard

# What PostgreSQL can keep: no NUL, no lone surrogates.
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)


def file(rows: list[list[str]]) -> bytes:
    return b"".join(csv_bytes(["first", "second"], rows))


@given(TEXTS)
@example("=1+1")
@example("'=1+1")
@example("''")
@example("-5")
@example("\ttab")
def test_the_guard_takes_away_exactly_what_it_put_there(text):
    assert unguard(guard(text)) == text
    assert not guard(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=8))
@example([("a\rb", "c")])
@example([("", "")])
@example([("", "0"), ("", "\t")])
@example([('quo"te', "new\nline"), ("\r\n", ",")])
def test_any_text_survives_the_way_out_and_in(rows):
    written = file([list(row) for row in rows])
    reader = csv.reader(io.StringIO(written.decode(), newline=""), strict=True)
    assert next(reader) == ["first", "second"]
    assert [tuple(unguard(text) for text in row) for row in reader] == rows
    # Reading trims cells and skips rows that are empty then.
    trimmed = [tuple(text.strip() for text in row) for row in rows]
    left = [row for row in trimmed if any(row)]
    if left:
        table = read_table(written, required=["first", "second"])
        assert [(row["first"], row["second"]) for row in table.rows] == left


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=8))
def test_the_same_rows_are_the_same_bytes(rows):
    lists = [list(row) for row in rows]
    assert file(lists) == file(lists)


@given(TEXTS)
def test_no_cell_of_a_file_starts_as_a_formula(text):
    for row in csv.reader(io.StringIO(file([[text, "x"]]).decode(), newline="")):
        assert not row[0].startswith(tuple(set(DANGEROUS) - {"'"}))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-3, "-3"),
        (Decimal("-1.50"), "-1.50"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.0000"), "0.0000"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05.000000Z"),
        (
            datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=2))),
            "2026-01-02T01:04:05.000006Z",
        ),
        ("@cmd", "'@cmd"),
    ],
)
def test_values_are_written_alike_on_every_machine(value, text):
    assert cell(value) == text


def test_a_long_file_comes_in_pieces_with_unix_line_ends():
    pieces = list(csv_bytes(["first"], ([number] for number in range(1200))))
    assert len(pieces) == 3
    assert b"".join(pieces).count(b"\n") == 1201
    assert b"\r" not in b"".join(pieces)
