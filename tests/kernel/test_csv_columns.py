"""Headers of unknown files: separators, mappings, and refused files that look like CSV."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asora.kernel.csv.columns import MAX_COLUMNS, MAX_RECORD_LENGTH, SAMPLED, delimiter_of, head_of, line_ends
from asora.kernel.csv.reading import raw_lines, read_table
from asora.kernel.csv.writing import csv_bytes
from asora.kernel.refusals import Reason, ValidationFailed

NEEDED, OTHER = ("code", "name"), ("note",)
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)


def refused(content: bytes, **options: Any) -> ValidationFailed:
    with pytest.raises(ValidationFailed) as caught:
        read_table(content, required=NEEDED, optional=OTHER, **options)
    return caught.value


def rows(content: bytes, **options: Any) -> list[dict[str, str]]:
    return [row.cells for row in read_table(content, required=NEEDED, optional=OTHER, **options).rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["unix", "dos", "mac"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "bom"])
def test_what_programs_call_csv(delimiter: str, newline: str, mark: str) -> None:
    lines = (("code", "name", "note"), ("A", "One, two; three", ""), ("B", '"say ""so"""', "x"))
    quoted = [[f'"{cell}"' if "," in cell else cell for cell in line] for line in lines]
    content = mark + "".join(delimiter.join(line) + newline for line in quoted)
    assert rows(content.encode()) == [
        {"code": "A", "name": "One, two; three", "note": ""},
        {"code": "B", "name": 'say "so"', "note": "x"},
    ]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("code,name", ","),
        ("code;name,with comma;note", ";"),
        ('"a;b;c;d",name', ","),
        ("code\tname;and\tnote", "\t"),
        ("code", ","),
        ("", ","),
        ("a,b;c", ","),
        ("code,name\nA;B;C;D,E", ","),
        ('"never closed;a;b', ","),
    ],
)
def test_the_header_decides_what_separates_cells(text: str, delimiter: str) -> None:
    assert delimiter_of(text) == delimiter


@given(
    st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6),
    st.sampled_from([None, {"1": "code", "2": "name"}]),
)
def test_any_text_comes_back_trimmed_whatever_is_mapped(pairs: list[tuple[str, str]], mapping: Any) -> None:
    header = ["code", "name"] if mapping is None else ["Part number", "Description"]
    written = [pair for pair in pairs if any(cell.strip() for cell in pair)]  # others are empty rows
    content = b"".join(csv_bytes(header, [*pairs, ("last", "")]))
    table = read_table(content, required=NEEDED, mapping=mapping)
    found = [(row["code"], row["name"]) for row in table.rows]
    assert found == [(code.strip(), name.strip()) for code, name in [*written, ("last", "")]]
    raw = raw_lines(content, (row.line for row in table.rows))
    assert [tuple(raw[row.line]) for row in table.rows] == [*written, ("last", "")]


def test_a_mapping_takes_columns_by_their_number_and_leaves_the_others() -> None:
    content = b"Name;Name;Colour;Name\nA;One;red;x\n"
    mapping = {"1": "code", "4": "note", "2": "name"}
    assert rows(content, mapping=mapping) == [{"code": "A", "name": "One", "note": "x"}]
    assert read_table(content, required=NEEDED, optional=OTHER, mapping=mapping).columns == (
        "code",
        "name",
        "note",
    )


@pytest.mark.parametrize(
    ("mapping", "fields"),
    [
        ({"1": "code"}, {"name"}),
        ({"1": "code", "2": "code", "3": "name"}, {"code"}),
        ({"1": "code", "2": "name", "3": "sku; DROP TABLE"}, {"sku; DROP TABLE"}),
        ({"1": "code", "9": "name"}, {"name"}),
        ({"0": "code", "1": "name"}, {"code"}),
        ({"-1": "code", "1": "name"}, {"code"}),
        ({"\uff11": "code", "2": "name"}, {"code"}),
        ({"9" * 5000: "code", "2": "name"}, {"code"}),
        ({"code": "code", "2": "name"}, {"code"}),
    ],
    ids=range(9),
)
def test_a_mapping_that_cannot_be_is_refused_at_what_it_maps(mapping: Any, fields: set[str]) -> None:
    refusal = refused(b"A,B,C\n1,2,3\n", mapping=mapping)
    assert (refusal.reason, set(refusal.details["fields"])) == (Reason.INVALID_INPUT, fields)


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("code", {"missing": ["name"], "twice": [], "unknown": []}),
        ("code,name,name", {"missing": [], "twice": ["name"], "unknown": []}),
        ("code,name,Colour,", {"missing": [], "twice": [], "unknown": ["colour", "(empty)"]}),
        ("SKU,Qty", {"missing": ["code", "name"], "twice": [], "unknown": ["sku", "qty"]}),
    ],
)
def test_a_header_that_is_not_ours_is_said_column_by_column(
    header: str, columns: dict[str, list[str]]
) -> None:
    assert refused(f"{header}\n1,2,3,4\n".encode()).details["columns"] == columns


HOSTILE = {
    "long name": b"code,name," + b"x" * 60_000,
    "many": b",".join(b"c%d" % number for number in range(MAX_COLUMNS - 2)),
    "markup": b"code,<script>alert(1)</script>,name",
    "override": "code,\u202ename,name".encode(),
}


@pytest.mark.parametrize("header", HOSTILE.values(), ids=HOSTILE)
def test_what_a_header_says_is_never_repeated_at_length(header: bytes) -> None:
    refusal = refused(header + b"\n1\n")
    assert len(str(refusal.details)) < 4_000
    assert len(refusal.message) < 2_000


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b",".join(b"c%d" % number for number in range(1_000)) + b"\n", Reason.TOO_LARGE),
        (b",".join(b"column%d" % number for number in range(100_000)) + b"\n", Reason.TOO_LARGE),
        (b"x" * 1_000_000 + b",name\n", Reason.INVALID_INPUT),
        ("code,name\nA,B\n".encode("utf-16"), Reason.INVALID_INPUT),
        ("code,name\nA,B\n".encode("utf-16-le"), Reason.INVALID_INPUT),
        (b"code,name\x00\nA,B\n", Reason.INVALID_INPUT),
        (b"", Reason.INVALID_INPUT),
        (b"\n\n", Reason.INVALID_INPUT),
        (b'"code,name\nA,B\n', Reason.INVALID_INPUT),
        (b"PK\x03\x04\x14\x00\x06\x00", Reason.INVALID_INPUT),
    ],
    ids=["1000", "1MB", "1MB-cell", "utf-16", "utf-16-le", "nul", "empty", "blank", "open", "xlsx"],
)
def test_what_is_no_table_is_refused_with_and_without_a_mapping(content: bytes, reason: Reason) -> None:
    assert refused(content).reason is reason
    assert refused(content, mapping={"1": "code", "2": "name"}).reason is reason
    with pytest.raises(ValidationFailed) as caught:
        head_of(content)
    assert caught.value.reason is reason


def test_the_head_of_a_file_is_its_columns_and_three_lines() -> None:
    head = head_of(b'Part no;Qty\n\'=A;1\n\nB;2\n"C\nD";3\nE;4\n')
    assert head.columns == ("Part no", "Qty")
    assert head.cells(1) == ("=A", "B", "C\nD")
    assert head.cells(2) == ("1", "2", "3")
    assert head.cells(3) == ()


HALF = MAX_RECORD_LENGTH // 2


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"code,name" + b",x" * HALF + b"\n", "1"),
        (b"code,name\nA,B\nC" + b",x" * HALF + b"\n", "3"),
        (b"code,name\nA,B\nC" + b',"\n"' * (HALF // 2) + b"\n", "3"),
    ],
    ids=["header", "line", "one record over many lines"],
)
def test_a_line_without_end_is_not_taken_apart(content: bytes, line: str) -> None:
    refusal = refused(content)
    assert (refusal.reason, refusal.message.split()[:2]) == (Reason.TOO_LARGE, ["Line", line])
    with pytest.raises(ValidationFailed, match=f"Line {line} is too long"):
        head_of(content) if line == "1" else raw_lines(content, [3])


def test_many_lines_may_be_long_together() -> None:
    content = b"code,name\n" + (b"A," + b"x" * 100_000 + b"\n") * 24
    assert len(content) > MAX_RECORD_LENGTH
    assert len(rows(content)) == 24


def test_a_sample_is_not_looked_for_without_end() -> None:
    assert head_of(b"code,name\n" + b"\n" * 10 + b"A,B\n").cells(1) == ("A",)
    assert head_of(b"code,name\n" + b"\n" * SAMPLED + b"A,B\n").cells(1) == ()


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"], ids=["unix", "dos", "mac"])
def test_lines_are_counted_however_they_end(newline: bytes) -> None:
    assert line_ends(newline.join([b"code,name", b"A,B", b"C,D", b""])) == 3


def test_more_lines_than_a_file_may_have_are_refused(monkeypatch):
    monkeypatch.setattr("asora.kernel.csv.reading.MAX_ROWS", 3)
    fits = b"code,name\nA,a\nB,b\nC,c\n"
    assert len(rows(fits)) == 3
    assert refused(fits + b"D,d\n").reason is Reason.TOO_LARGE
    # Refused lines count too, or a file could be read without end.
    assert refused(b"code,name\n" + b"A\n" * 4).reason is Reason.TOO_LARGE
