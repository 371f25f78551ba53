"""How the values of the ledger's actions are recorded when a request is refused, and built again to rehearse it."""

from __future__ import annotations

import io
import tempfile
from typing import Any

from asora.files.asked import stored
from asora.kernel import asked
from asora.kernel.asked import Writer
from asora.kernel.shapes import ReadOnlyValues, Values
from ledger.counts.figures import Figure
from ledger.exports.requests import Requested
from ledger.models import CountSession, Kind
from ledger.posting.csv_reader import MovementFile, read_movements
from ledger.posting.drafts import Draft, DraftLine
from ledger.reports import REPORTS
from ledger.reports.definition import Report
from ledger.reports.scope import Scope


def _requested(requested: Requested, _writer: Writer) -> Values:
    return {
        "report": requested.report.slug,
        "parameters": requested.scope.parameters(),
        "position": requested.scope.position,
        "extension": requested.extension,
        "file_name": requested.file_name,
    }


def _requested_again(recorded: ReadOnlyValues) -> Requested:
    scope = Scope.of(recorded["parameters"], position=recorded["position"])
    return Requested(REPORTS[recorded["report"]], scope, recorded["extension"], recorded["file_name"])


def _movements_again(recorded: list[str]) -> MovementFile:
    kind, sha256 = recorded
    upload = stored(sha256)
    return read_movements(Kind(kind), upload.as_sent, upload.mapping)


def _temporary_file(_recorded: Any) -> io.IOBase:
    return tempfile.TemporaryFile()


asked.register(Kind, "kind of posting", to_json=lambda kind, _writer: str(kind), from_json=Kind)
asked.register_fields(Draft, "document", codes=("reference", "reason"))
asked.register_fields(DraftLine, "line")
asked.register_fields(Figure, "figure")
asked.register(
    Report, "report", to_json=lambda report, _writer: report.slug, from_json=lambda slug: REPORTS[slug]
)
asked.register(Requested, "export", to_json=_requested, from_json=_requested_again)
asked.register(
    MovementFile,
    "file of movements",
    to_json=lambda file, _writer: [str(file.kind), file.sha256],
    from_json=_movements_again,
)
#: The file that a download is written to contains nothing of the request.
asked.register(
    io.BytesIO.__mro__[-2], "empty file", to_json=lambda _file, _writer: None, from_json=_temporary_file
)
asked.register_check("tolerance_kind", lambda text: text in CountSession.ToleranceKind.values)
