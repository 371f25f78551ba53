"""Empty rows and spaces around cells, which spreadsheets add, are ignored in files of every kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from asora.kernel.csv.columns import head_of
from asora.kernel.csv.reading import read_table
from asora.kernel.refusals import ValidationFailed
from ledger.counts.csv_reader import read_counts
from ledger.models import Kind
from ledger.posting.csv_reader import read_movements
from tests.factories.documents import HEADERS
from tests.factories.master_data import MasterData
from tests.inventory.nouns import NOUNS

EMPTY = [",,,,", " , ,", "\t\t", '"","",""', ",", "", "   "]
ROWS = {
    Kind.RECEIPT: "R-1,2026-03-02,ACME,BOLT,NORTH,A-1,10,1",
    Kind.ISSUE: "R-1,2026-03-02,BOLT,NORTH,A-1,10",
    Kind.TRANSFER: "R-1,2026-03-02,BOLT,NORTH,A-1,SOUTH,A-1,10",
    Kind.ADJUSTMENT: "R-1,2026-03-02,BOLT,NORTH,A-1,10,FOUND",
}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_rows_of_separators_are_no_lines(delimiter: str) -> None:
    """Anywhere in the file and of any width; the lines keep the numbers that an editor shows."""
    empty = [delimiter * width for width in (1, 2, 3, 40)]
    lines = [delimiter.join("ab"), *empty, delimiter.join("12"), *empty, delimiter.join(" 3"), *empty]
    table = read_table("\n".join(lines).encode(), required=("a", "b"))
    assert [(row.line, row.cells) for row in table.rows] == [
        (6, {"a": "1", "b": "2"}),
        (11, {"a": "", "b": "3"}),
    ]
    assert head_of("\n".join(lines).encode()).sample == (("1", "2"), (" ", "3"))


def test_a_file_of_separators_only_has_no_lines() -> None:
    """It is refused as empty, not line by line."""
    with pytest.raises(ValidationFailed, match="no lines"):
        read_table(b"a,b\n,\n,,,,\n", required=("a", "b"))


def test_a_cell_too_many_is_still_refused() -> None:
    """Even an empty one: behind a decimal comma without quotes, all cells have moved on by one."""
    with pytest.raises(ValidationFailed) as refused:
        read_table(b"a,quantity,note\nx,1,5,\n", required=("a", "quantity"), optional=("note",))
    assert list(refused.value.details["lines"]) == ["2"]


@pytest.mark.parametrize("noun", NOUNS.values(), ids=NOUNS)
def test_every_kind_of_master_data(noun: Any, acacia: Any, act_as: Callable) -> None:
    """Spaces around its cells and rows of separators change nothing."""
    noun.given()
    header, row, *_rest = noun.file.splitlines()
    spaced = ",".join(f"  {cell} " for cell in row.split(","))
    content = "\n".join([header, ",,,,", spaced, *EMPTY, ""]).encode()
    assert noun.import_file(act_as("manager"), content=content).rows == 1


@pytest.mark.parametrize("kind", ROWS)
def test_every_kind_of_movement(master_data: MasterData, kind: Kind) -> None:
    """The same."""
    spaced = ",".join(f" {cell}  " for cell in ROWS[kind].split(","))
    file = read_movements(kind, "\n".join([HEADERS[kind], ",,,,", spaced, *EMPTY, ""]).encode())
    assert not file.errors
    (draft,) = file.drafts
    assert (draft.reference, len(draft.lines), file.total) == ("R-1", 1, 1)


def test_a_count(master_data: MasterData) -> None:
    """The same: its codes are trimmed, too."""
    text = "hub_code,bin_code,sku,counted_qty\n,,,\n NORTH , A-1,BOLT ,  9 \n,,,,,\n"
    ((hub, (figure,)),) = read_counts(text.encode()).hubs
    assert (hub.code, figure.bin.code, figure.item.sku, figure.quantity) == ("NORTH", "A-1", "BOLT", 9)
