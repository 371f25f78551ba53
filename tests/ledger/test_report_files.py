"""The files of every report hold its rows: read back by Python's csv and by openpyxl, value by value and type by type.

Reports print no notes; the free texts that they print are names, units and references.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from asora.kernel import positions
from asora.kernel.csv.writing import cell, unguard
from asora.kernel.refusals import ValidationFailed
from inventory.actions.items import edit_item
from ledger.models import Entry, Kind, Posting
from ledger.reports import REPORTS
from ledger.reports.derivation import derive
from ledger.reports.scope import Scope
from tests.factories.documents import import_rows, receive, reverse_posting
from tests.factories.random_past import post_at_random, set_high_reorder_points
from tests.ledger.report_fixtures import HUBS, name_items

EVERY = pytest.mark.parametrize("slug", REPORTS)
FORMULAS = ("=cmd()", "+1", "-2", "@x", "=1+1|' /C calc'!A0", "'=x", "''")
LONGEST = "n" * 300
NASTY_NAMES = [
    *FORMULAS, "-2+3", 'quo"te', '"', "it's", "a,b", ";", "\\N", "\\.", "1e5", "0007", "TRUE", "_x0041_", "{=1}",
    "https://example.com", "\N{PACKAGE}\N{SNOWMAN}", "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627", LONGEST,
]  # fmt: skip
REFUSED_NAMES = ["tab\there", "two\nlines", "car\rriage", "nul\x00", "\u202eoverride", LONGEST + "n", " "]
LONG = Decimal("12345678901.123456")  # 17 digits


def file_of(slug: str, scope: Scope, extension: str) -> bytes:
    file = io.BytesIO()
    derive(REPORTS[slug], scope, extension=extension, into=file)
    return file.getvalue()


def table_of(slug: str, scope: Scope) -> list[list[str]]:
    """The rows of the CSV file below its header, without the guards for spreadsheets."""
    text = file_of(slug, scope, "csv").decode()
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert header == REPORTS[slug].header
    kinds = [column.kind for column in REPORTS[slug].columns]
    return [
        [
            unguard(text) if kind in {"text", "code", "kind"} else text
            for text, kind in zip(row, kinds, strict=True)
        ]
        for row in rows
    ]


def sheet_of(slug: str, scope: Scope) -> list[list[Any]]:
    """The cells of the workbook, below its header."""
    sheet = openpyxl.load_workbook(io.BytesIO(file_of(slug, scope, "xlsx"))).active
    header, *rows = [list(row) for row in sheet.iter_rows()]
    assert [cell.value for cell in header] == REPORTS[slug].header
    return rows


def head() -> Scope:
    return Scope(position=positions.current(), hubs=HUBS)


def expect(found: Any, value: Any) -> None:
    """Check that a cell of a workbook has this value, with the type that a spreadsheet computes with."""
    match value:
        case None | "":
            assert found.value is None
        case dt.datetime():
            assert (found.data_type, found.value) == ("s", cell(value))
        case dt.date():
            assert found.is_date
            assert found.value == dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001
        case Decimal() | int() if len(Decimal(value).normalize().as_tuple().digits) > 15:
            assert (found.data_type, found.value) == ("s", cell(value))
        case Decimal() | int():
            assert found.data_type == "n"
            assert Decimal(repr(found.value)) == value
        case _:
            # Characters that XML cannot contain are escaped; spreadsheets read that, openpyxl does not.
            assert (found.data_type, unescape(found.value)) == ("s", value)


@pytest.fixture
def past(master_data, act_as):
    """Rows in every report: negative figures, numbers too long for a spreadsheet, and reversals."""
    act = act_as("owner")
    name_items(master_data)
    set_high_reorder_points(act, master_data)
    post_at_random(act, master_data, seed=21, steps=25)
    receive(act, master_data, ("OIL", "NORTH/A-1", "1", str(LONG)))
    reverse_posting(
        act, Entry.objects.filter(kind="receipt", is_reversal=False).earliest("posting").posting_id
    )
    return master_data


@EVERY
def test_files_hold_the_rows(past, slug):
    rows = list(REPORTS[slug].stream(head()))
    assert rows
    written = table_of(slug, head())
    assert written == [[value if isinstance(value, str) else cell(value) for value in row] for row in rows]
    for found, row in zip(sheet_of(slug, head()), rows, strict=True):
        for one, value in zip(found, row, strict=True):
            expect(one, value)


def test_the_past_has_what_could_go_wrong(past):
    values = {type(value) for slug in REPORTS for row in REPORTS[slug].stream(head()) for value in row}
    assert values >= {str, int, Decimal, dt.date, dt.datetime, type(None)}
    received = list(REPORTS["receiving-summary"].stream(head()))
    assert any(row[8] < 0 for row in received)
    assert LONG in {row[9] for row in received}


@pytest.mark.parametrize("name", NASTY_NAMES, ids=lambda name: name[:12])
def test_names_come_back_as_they_were(master_data, act_as, name):
    """Guarded in the CSV, where a spreadsheet would run a formula; a text in the workbook, never a formula."""
    name_items(master_data)
    bolt = master_data.items["BOLT"]
    edit_item(act_as("owner"), item=bolt, version=bolt.version, name=name)
    receive(act_as("owner"), master_data, ("BOLT", "NORTH/A-1", "5", "9"))
    receive(act_as("owner"), master_data, ("BOLT", "NORTH/A-1", "4", "9"))
    for slug in ("stock-on-hand", "receiving-summary", "ledger-history"):
        at = REPORTS[slug].header.index("item")
        assert {row[at] for row in table_of(slug, head())} == {name}
        for row in sheet_of(slug, head()):
            expect(row[at], name)
    (raw, *_more) = list(
        csv.reader(io.StringIO(file_of("stock-on-hand", head(), "csv").decode(), newline=""))
    )[1:]
    assert not raw[1].startswith(("=", "+", "-", "@"))
    assert raw[1] == (f"'{name}" if name in FORMULAS or name == "-2+3" else name)


@pytest.mark.parametrize("name", REFUSED_NAMES, ids=range(len(REFUSED_NAMES)))
def test_names_that_break_lines_or_turn_them_are_refused(master_data, act_as, name):
    name_items(master_data)
    bolt = master_data.items["BOLT"]
    with pytest.raises(ValidationFailed):
        edit_item(act_as("owner"), item=bolt, version=bolt.version, name=name)


def test_references_of_a_file_come_back_as_they_were(master_data, act_as):
    """An import takes references from a file unchanged, even with line breaks and tabs."""
    name_items(master_data)
    wanted = [
        *FORMULAS, 'quo"te', "a,b", "two\nlines", "dos\r\nlines", "car\rriage", "tab\there", "=a\tb\nc", "\\t",
        "\N{PACKAGE}", "\u05e9\u05dc\u05d5\u05dd", "r" * 80,
    ]  # fmt: skip
    rows = io.StringIO(newline="")
    csv.writer(rows, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
        [f"'{reference}" if reference.startswith("'") else reference,
         "2026-03-02", "ACME", "BOLT", "NORTH", "A-1", "1", "2"]
        for reference in wanted
    )  # fmt: skip
    import_rows(act_as("owner"), Kind.RECEIPT, rows.getvalue().removesuffix("\n"))
    assert list(Posting.objects.order_by("position").values_list("reference", flat=True)) == wanted
    for slug in ("receiving-summary", "ledger-history"):
        at = REPORTS[slug].header.index("reference")
        assert [row[at] for row in table_of(slug, head())] == wanted
        for row, reference in zip(sheet_of(slug, head()), wanted, strict=True):
            expect(row[at], reference)


def test_a_reference_that_is_too_long_is_refused(master_data, act_as):
    with pytest.raises(ValidationFailed):
        import_rows(act_as("owner"), Kind.RECEIPT, f"{'r' * 81},2026-03-02,ACME,BOLT,NORTH,A-1,1,2")
