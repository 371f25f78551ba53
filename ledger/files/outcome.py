"""The result of a file of movements, in memory and as a job stores it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Self
from uuid import UUID

from asora.kernel.csv.reading import LineErrors
from asora.kernel.shapes import ReadOnlyValues, Values

MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ImportedDocument:
    """What happened, or would happen, to one reference of a file.

    `state`: fresh, known (already posted, at `position`), left_out, or passed_over (all its lines were rejected).
    `effective_on` and `quantities` (per unit) as far as they could be read; `value` only if it is posted now.
    """

    reference: str
    state: str
    lines: int
    effective_on: date | None
    quantities: Sequence[tuple[str, Decimal]]
    value: Decimal | None
    position: int | None = None

    def to_json(self) -> Values:
        """The document as a job stores it."""
        return asdict(self) | {
            "effective_on": self.effective_on.isoformat() if self.effective_on else None,
            "quantities": _as_texts(self.quantities),
            "value": None if self.value is None else str(self.value),
        }

    @classmethod
    def from_json(cls, stored: ReadOnlyValues) -> Self:
        """The document that a job has stored."""
        day, value = stored["effective_on"], stored["value"]
        return cls(
            **{
                **stored,
                "effective_on": date.fromisoformat(day) if day else None,
                "quantities": _as_decimals(stored["quantities"]),
                "value": None if value is None else Decimal(value),
            }
        )


@dataclass(frozen=True, slots=True)
class FileImport:
    """The result of a file: how much was posted, was already posted, or was left out.

    `left_out`: its refused lines, and `reasons` how many lines each rule refused. `documents`: the first 200 of its
    references, one by one; `references`: how many there are. `passed_over`: the lines that were rejected in full,
    with their references, and `passed_over_lines` how many there are. `is_sent_before`: this same file has posted
    something before. `another`: the newest posting that has to be asked about, 0 if there is none. `quantity` adds up
    different units, so it can only be compared with a file of the same goods; `quantities` are per unit.
    """

    postings: int
    lines: int
    quantity: Decimal
    quantities: Sequence[tuple[str, Decimal]]
    value: Decimal
    already_posted: int
    left_out: LineErrors
    left_out_postings: int
    positions: Sequence[int]
    batch: UUID
    documents: Sequence[ImportedDocument] = ()
    references: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    passed_over: Sequence[tuple[int, str]] = ()
    passed_over_lines: int = 0
    is_sent_before: bool = False
    another: int = 0

    @property
    def changes(self) -> bool:
        """Whether the file has anything to post."""
        return self.postings > 0

    def to_json(self) -> Values:
        """The outcome as a job stores it: only the ends of its positions, and the first of its refused lines."""
        positions = list(self.positions)
        counts = ("postings", "lines", "already_posted", "left_out_postings")
        return {name: getattr(self, name) for name in counts} | {
            "quantity": str(self.quantity),
            "quantities": _as_texts(self.quantities),
            "value": str(self.value),
            "positions": [positions[0], positions[-1]] if positions else [],
            "batch": str(self.batch),
            "left_out": dict(sorted(self.left_out.lines.items())[:MAX_SHOWN]),
            "documents": [document.to_json() for document in self.documents],
            "references": self.references,
            "reasons": dict(self.reasons),
            "passed_over": list(self.passed_over)[:MAX_SHOWN],
            "passed_over_lines": self.passed_over_lines,
            "is_sent_before": self.is_sent_before,
            "another": self.another,
        }

    @classmethod
    def from_json(cls, stored: ReadOnlyValues) -> Self:
        """The outcome that a job has stored."""
        return cls(
            **{
                **stored,
                "quantity": Decimal(stored["quantity"]),
                "quantities": _as_decimals(stored["quantities"]),
                "value": Decimal(stored["value"]),
                "batch": UUID(stored["batch"]),
                "left_out": LineErrors({int(line): faults for line, faults in stored["left_out"].items()}),
                "documents": [ImportedDocument.from_json(document) for document in stored["documents"]],
            }
        )


def _as_texts(per_unit: Sequence[tuple[str, Decimal]]) -> list[tuple[str, str]]:
    return [(unit, str(quantity)) for unit, quantity in per_unit]


def _as_decimals(per_unit: Sequence[tuple[str, str]]) -> list[tuple[str, Decimal]]:
    return [(unit, Decimal(quantity)) for unit, quantity in per_unit]
