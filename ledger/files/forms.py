"""A file of movements: read once, refused as a whole if it cannot be read."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from asora.files.refused_lines import typed_cells
from asora.kernel.csv.columns import Mapped
from asora.kernel.evidence import refused_lines
from asora.kernel.forms import DoorForm
from asora.kernel.refusals import Refusal, ValidationFailed
from asora.kernel.shapes import Values
from ledger.models import Kind
from ledger.posting.csv_columns import ALIASES, CELLS_OF, SHAPES
from ledger.posting.csv_reader import MovementFile, read_movements


class MovementUpload(DoorForm):
    """A file of movements as a form that the door checks."""

    is_long = True

    def __init__(
        self,
        kind: Kind,
        content: bytes,
        *,
        name: str,
        skip_refused: bool = False,
        old_days: bool = False,
        another: int | None = None,
        mapping: Mapped | None = None,
    ) -> None:
        self.kind = kind
        self.mapping = mapping
        self.content = content
        self.name = name
        self.skip_refused = skip_refused
        self.old_days = old_days
        self.another = another
        self._file: MovementFile | None = None
        self._refusal: Refusal | None = None

    def is_valid(self) -> bool:
        """Whether it is a table of movements; the action refuses lines that are wrong in themselves."""
        if self._file is not None:
            return True
        try:
            self._file = read_movements(self.kind, self.content, self.mapping)
        except ValidationFailed as refusal:
            self._refusal = refusal
        return self._file is not None

    def values(self) -> Values:
        """The arguments of an action that imports movements."""
        if self._file is None:
            return {"name": self.name}
        return {
            "file": self._file,
            "name": self.name,
            "skip_refused": self.skip_refused,
            "old_days": self.old_days,
            "another": self.another,
        }

    def refuses_rejected(self) -> MovementUpload:
        """The same, but lines that were rejected in full are checked like others, and refused since they stock nothing.

        For loading a data set whose totals must match, so that no line is passed over.
        """
        if self.is_valid() and self._file is not None:
            self._file = replace(self._file, rejected=frozenset())
        return self

    def facts(self) -> Values:
        """The facts that identify the file in an event, whatever its result."""
        return {"sha256": hashlib.sha256(self.content).hexdigest()}

    def evidence(self, refusal: Refusal) -> Values:
        """The evidence of its refusal: the records that the refused lines name, and the refused cells."""
        lines = refused_lines(refusal)
        return {
            "concerned": list(self._file.concerned(lines=lines)) if self._file else [],
            "typed": {
                "lines": typed_cells(
                    self.content,
                    refusal,
                    required=SHAPES[self.kind].columns,
                    optional=SHAPES[self.kind].optional,
                    aliases=ALIASES,
                    mapping=self.mapping,
                    cells_of=CELLS_OF,
                )
            },
        }

    def refusal(self) -> Refusal:
        """Why the file could not be read."""
        return self._refusal or ValidationFailed()
