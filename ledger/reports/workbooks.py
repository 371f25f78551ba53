"""A report as a workbook that has the same bytes whenever it is written.

XlsxWriter gives the entries of its archive a fixed date, so only the date of creation has to be fixed here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from asora.kernel.csv.writing import cell
from asora.kernel.refusals import Reason, ValidationFailed

MAX_ROWS = 1_048_575  # of a sheet, below its header
MAX_DIGITS = 15  # that a spreadsheet stores of a number
CREATED = datetime(2000, 1, 1, tzinfo=UTC)
PIECE = 1 << 20


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], *, into: IO[bytes]) -> str:
    """Write the workbook into a file that can be read again; returns the SHA-256 of its bytes.

    Refusals: VALIDATION_FAILED TOO_LARGE for more rows than a sheet can have.
    """
    with xlsxwriter.Workbook(
        into, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties({"created": CREATED.replace(tzinfo=None)})
        sheet = book.add_worksheet(name[:31])
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 0)
        for column, text in enumerate(header):
            sheet.write_string(0, column, text, bold)
        for number, row in enumerate(rows, start=1):
            if number > MAX_ROWS:
                raise too_large()
            for column, value in enumerate(row):
                _write_cell(sheet, number, column, value, day=day)
    into.seek(0)
    digest = hashlib.sha256()
    while piece := into.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()


def too_large() -> ValidationFailed:
    """The refusal of more rows than a sheet can have."""
    return ValidationFailed(
        _("This report has more rows than an XLSX file can have (%(rows)s).") % {"rows": f"{MAX_ROWS:,}"},
        reason=Reason.TOO_LARGE,
        details={"limit": MAX_ROWS, "remedy": _("Choose narrower filters, or export a CSV file.")},
    )


def _write_cell(sheet: Worksheet, row: int, column: int, value: object, *, day: Format) -> None:
    """Write numbers as numbers if no digit is lost, days as days, everything else as text."""
    match value:
        case None | "":
            return
        case Decimal() | int() if _digits(value) <= MAX_DIGITS:
            sheet.write_number(row, column, float(value))
        case Decimal() | int():
            sheet.write_string(row, column, cell(value))
        case datetime():
            sheet.write_string(row, column, cell(value))
        case date() if value.year >= 1900:
            sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), day)  # noqa: DTZ001
        case date():
            sheet.write_string(row, column, value.isoformat())
        case _:
            sheet.write_string(row, column, str(value))


def _digits(value: Decimal | int) -> int:
    return len(Decimal(value).normalize().as_tuple().digits)
