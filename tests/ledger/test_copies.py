"""The fast way and the plain way to a CSV file give the same bytes and digests, which never change."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asora.kernel import positions
from asora.kernel.csv.writing import csv_bytes
from inventory.actions.items import edit_item
from ledger.models import Kind
from ledger.reports import REPORTS
from ledger.reports.definition import Report, column, ordinal
from ledger.reports.derivation import Derived, canonical, derive
from ledger.reports.scope import Scope
from tests.factories.documents import post_movement
from tests.factories.random_past import post_at_random
from tests.ledger.report_fixtures import HUBS, name_items, post_three_deliveries

NASTY = [
    "=1",
    "-5",
    "+",
    "@x",
    "'",
    "'=1",
    "\\",
    "\\N",
    "\\.",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\b\f\v",
    '"',
    "a,b",
    " ",
    "\u2028",
]
# Texts that PostgreSQL can store: no NUL, no lone surrogates.
TEXTS = st.sampled_from(NASTY) | st.text(
    st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12
)
ROWS = st.tuples(
    TEXTS,
    st.none() | st.decimals(-(10**13), 10**13, places=4),
    st.dates(),
    st.none() | TEXTS,
    st.datetimes(timezones=st.just(UTC)),
    st.none() | st.integers(-(1 << 63), (1 << 63) - 1),
)
TYPES = {
    "text": "text",
    "figure": "numeric",
    "day": "date",
    "other": "text",
    "moment": "timestamptz",
    "which": "bigint",
}
ANYTHING = Report(
    slug="anything",
    title="Anything",
    summary="",
    columns=(
        column("text", "Text"),
        column("figure", "Figure", "money"),
        column("day", "Day", "date"),
        column("other", "Other", "code"),
        column("moment", "Moment", "moment"),
        ordinal("which", "Which"),
        ordinal("number", "Number"),
    ),
    key=("number",),
    select=f"""
SELECT * FROM unnest({", ".join(f"%({name})s::{type_}[]" for name, type_ in TYPES.items())}) WITH ORDINALITY
     AS cell ({", ".join(TYPES)}, number)""",
    cross_checked="",
    entries_of=lambda row, scope, figure: "",
)


class Values:
    """A scope that only has the cells for its report."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows = rows

    def values(self) -> dict[str, Any]:
        return {name: [row[place] for row in self._rows] for place, name in enumerate(TYPES)}


def plainly(report: Report, scope: Any) -> tuple[Derived, bytes]:
    """A file and its digests, computed from the values cell by cell."""
    rows = list(report.stream(scope))
    content = b"".join(csv_bytes(report.header, rows))
    digest = hashlib.sha256(b"".join(canonical(row) for row in [report.header, *rows])).hexdigest()
    return Derived(len(rows), digest, hashlib.sha256(content).hexdigest()), content


def quickly(report: Report, scope: Any) -> tuple[Derived, bytes]:
    file = io.BytesIO()
    return derive(report, scope, into=file), file.getvalue()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(ROWS, max_size=12))
def test_whatever_stands_in_the_cells(db, rows):
    scope: Any = Values(rows)
    assert quickly(ANYTHING, scope) == plainly(ANYTHING, scope)


def test_many_plain_rows_with_odd_ones_among_them(db):
    rows = [
        (
            NASTY[number % len(NASTY)] if number % 97 == 0 else f"Item {number}",
            number,
            None,
            "B-1",
            None,
            number,
        )
        for number in range(9_000)
    ]
    scope: Any = Values(rows)
    assert len(list(ANYTHING.copied(scope))) > 2
    assert quickly(ANYTHING, scope) == plainly(ANYTHING, scope)


@pytest.mark.parametrize("slug", REPORTS)
def test_every_report(master_data, act_as, slug):
    name_items(master_data)
    post_at_random(act_as("owner"), master_data, seed=31, steps=25)
    scope = Scope(position=positions.current(), hubs=HUBS)
    quick = quickly(REPORTS[slug], scope)
    assert quick == plainly(REPORTS[slug], scope)
    assert quick[0].rows


def test_a_file_that_cannot_be_written_leaves_a_usable_connection(db):
    class Full(io.BytesIO):
        def write(self, piece: Any) -> int:
            if self.tell() > 100_000:
                raise OSError("no space left on device")
            return super().write(piece)

    scope: Any = Values([("text", 1, None, "other", None, number) for number in range(60_000)])
    with pytest.raises(OSError, match="no space"):
        derive(ANYTHING, scope, into=Full())
    assert quickly(ANYTHING, Values([]))[0].rows == 0  # type: ignore[arg-type]


# The hashes when this test was written; they must never change

PINNED = {
    # report: rows, digest of the rows, digest of the CSV file
    "stock-on-hand": (
        4,
        "c80199bd5f8c53a73fcad350fb2d63b7e7a27a49960b4c8b40397686ee83d39a",
        "528a765a96cfede542c3056c423adc1261d8cb71ae1cc258f104bf7ae5252f68",
    ),
    "inventory-movement": (
        3,
        "43519697509244c4d0bb75068722a25ca112c987a62d843c41ce76063d23ff6a",
        "2827ca6a8ffc5c6063b5a613ddecc28711e864b1392c08b7b15c399c4dee40c9",
    ),
    "receiving-summary": (
        4,
        "db2133570dfbfd7e56b56feb751c45425f681a52fc8613b9901a94e06ee2ab32",
        "885cbd5ce538f8b43fd8355adfffec1a4a7ff4c7ad61531431cd504ea54e46df",
    ),
    "shrink-adjustment": (
        1,
        "ae0cb631549de7a07c796706eaf46bb738e0ad4075378cdf92fa3717af1009e6",
        "78c6cfaf229fa69097c98cdbb96b52bff02dc8a37398495cab96ea25a8854ce1",
    ),
    "inventory-valuation": (
        3,
        "43d779d981b996692cfdb99c03de227ba9b609c48af10fe377af05dc435c8b37",
        "86ab97a3e932931d4792aff24545eced6fc3dccf207c6b97c1f947262a1f085a",
    ),
    "ledger-history": (
        5,
        "8d9b583c982bc79333d2d91b603896da780f9901c5b9e844eb200f48ff14c55a",
        "9eb3468435f09cb336188c9da7d38db5e6be9022b8edb76b944a081e28f878a1",
    ),
}


@pytest.mark.parametrize("slug", PINNED)
def test_hashes_are_what_they_always_were(master_data, act_as, slug):
    """Every file of a ledger in which everything is fixed, even the clock."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kernel_head SET recorded_at = '2099-05-01T00:00:00Z'")
    name_items(master_data)
    act, bolt = act_as("owner"), master_data.items["BOLT"]
    post_three_deliveries(act, master_data)
    post_movement(act, master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "-2"))
    bolt.refresh_from_db()
    edit_item(act, item=bolt, version=bolt.version, name='=cmd("1", 2)')
    done = derive(REPORTS[slug], Scope(position=positions.current(), hubs=HUBS))
    assert (done.rows, done.rows_sha256, done.file_sha256) == PINNED[slug]
