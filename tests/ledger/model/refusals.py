"""Refusals of the model: a code, and the reasons for the whole or for each line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class Refused(Exception):
    """A refusal. `at`: pairs of a line's number (0: the whole) and a reason."""

    def __init__(self, code: str, reason: str = "", *, at: frozenset[tuple[int, str]] = frozenset()) -> None:
        super().__init__(code, reason, at)
        self.code = code
        self.reason = reason
        self.at = at or frozenset({(0, reason)})


@dataclass
class Faults:
    """Collects what is wrong, line by line, until all lines are checked."""

    at: set[tuple[int, str]] = field(default_factory=set)

    @contextmanager
    def of(self, number: int) -> Iterator[None]:
        """Turn a refusal inside into a fault of that line, so that the next line is checked."""
        try:
            yield
        except Refused as refused:
            self.at.add((number, refused.reason))

    @property
    def lines(self) -> set[int]:
        """The numbers of the lines with faults."""
        return {number for number, _ in self.at}

    def refuse(self) -> None:
        """Refuse the whole if any line has a fault."""
        if self.at:
            raise Refused("VALIDATION_FAILED", at=frozenset(self.at))
