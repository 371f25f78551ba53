"""How the model says no: the code, and the reasons of the whole or of each line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class Refused(Exception):
    """Not accepted. `at`: pairs of a line's number (0: the whole) and a reason."""

    def __init__(self, code: str, reason: str = "", *, at: frozenset[tuple[int, str]] = frozenset()) -> None:
        super().__init__(code, reason, at)
        self.code = code
        self.reason = reason
        self.at = at or frozenset({(0, reason)})


@dataclass
class Faults:
    """What is wrong, line by line, until all lines have been looked at."""

    at: set[tuple[int, str]] = field(default_factory=set)

    @contextmanager
    def of(self, number: int) -> Iterator[None]:
        """A refusal inside is one of that line, and the next line is looked at."""
        try:
            yield
        except Refused as refused:
            self.at.add((number, refused.reason))

    @property
    def lines(self) -> set[int]:
        """The lines that something is wrong with."""
        return {number for number, _ in self.at}

    def refuse(self) -> None:
        """Refuse the whole if anything was wrong with a line."""
        if self.at:
            raise Refused("VALIDATION_FAILED", at=frozenset(self.at))
