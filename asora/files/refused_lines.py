"""The refused lines of a file as a table: the cells of the file, with the errors at the cells they concern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from asora.files.columns import FileColumn
from asora.files.models import Upload
from asora.kernel.csv.columns import Mapped, columns_of, head_of
from asora.kernel.csv.reading import raw_lines
from asora.kernel.evidence import shown, typed_lines
from asora.kernel.ladder import MAX_LINES
from asora.kernel.refusals import Refusal, ValidationFailed
from asora.kernel.shapes import Values

MAX_SHOWN = 200
MAX_CELL = 160
Faults = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the file and its errors ({reason, message})."""

    column: str
    text: str
    faults: Faults = ()


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """One line: its number, its cells, and the errors of the whole line."""

    number: int
    cells: Sequence[Cell]
    faults: Faults


@dataclass(frozen=True, slots=True)
class RefusedLines:
    """The first refused lines, and the number of all of them. `columns`: the names of the cells."""

    columns: Sequence[str]
    lines: Sequence[RefusedLine]
    total: int

    @property
    def is_cut(self) -> bool:
        """Returns True if not all refused lines are shown."""
        return self.total > len(self.lines)


def refused_lines(
    upload: Upload,
    lines: Mapping[Any, Faults],
    *,
    columns: Sequence[FileColumn],
    aliases: Mapping[str, str] | None = None,
    cells_of: Mapping[str, str] | None = None,
    total: int = 0,
) -> RefusedLines:
    """The table of refused lines. `lines`: line number to errors.

    `cells_of`: the column of an error, if the error's field has another name than the column. `total`: the number of
    refused lines, if `lines` has only the first of them.
    """
    first = dict(islice(sorted((int(number), faults) for number, faults in lines.items()), MAX_SHOWN))
    raw = raw_lines(upload.as_sent, first)
    places = places_of(upload, columns, aliases)
    shown = [
        _line(number, raw.get(number, []), faults, places, cells_of or {}) for number, faults in first.items()
    ]
    return RefusedLines(tuple(places), shown, max(total, len(lines)))


def places_of(
    upload: Upload, columns: Sequence[FileColumn], aliases: Mapping[str, str] | None
) -> dict[str, int]:
    """Our columns that the file has, with their positions in it; empty if the header is refused."""
    needed = [column.name for column in columns if column.is_needed]
    other = [column.name for column in columns if not column.is_needed]
    return _places(upload.as_sent, needed, other, aliases, upload.mapping)


def typed_cells(
    content: bytes,
    refusal: Refusal,
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    aliases: Mapping[str, str] | None = None,
    mapping: Mapped | None = None,
    cells_of: Mapping[str, str] | None = None,
) -> dict[str, Values]:
    """The refused cells of the refused lines, as the event may record them: line, column, value."""
    places = _places(content, required, optional, aliases, mapping)
    first = dict(islice(refusal.details.get("lines", {}).items(), MAX_LINES))
    raw = raw_lines(content, map(int, first)) if places and first else {}

    def cell(line: int, field: str) -> object:
        place = places.get((cells_of or {}).get(field, field))
        cells = raw.get(line, [])
        if place is None or place >= len(cells):
            return None
        # In a file, `reason` is a code from the tenant's list; in forms it can be free text.
        return shown(field, cells[place], is_kept=field == "reason")

    return typed_lines(refusal, cell)


def _places(
    content: bytes,
    required: Sequence[str],
    optional: Sequence[str],
    aliases: Mapping[str, str] | None,
    mapping: Mapped | None,
) -> dict[str, int]:
    try:
        header = head_of(content).columns
        names = columns_of(header, required=required, optional=optional, aliases=aliases, mapping=mapping)
    except ValidationFailed:
        return {}
    return {name: place for place, name in enumerate(names) if name}


def _line(
    number: int, raw: Sequence[str], faults: Faults, places: Mapping[str, int], cells_of: Mapping[str, str]
) -> RefusedLine:
    at: dict[str, list[Mapping[str, str]]] = {}
    for fault in faults:
        column = cells_of.get(fault["field"], fault["field"])
        at.setdefault(column if column in places else "", []).append(fault)
    cells = [
        Cell(column, _cut(raw[place]) if place < len(raw) else "", at.get(column, ()))
        for column, place in places.items()
    ]
    return RefusedLine(number, cells, at.get("", ()))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_CELL else f"{text[:MAX_CELL]}…"
