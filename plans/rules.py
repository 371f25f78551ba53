"""What a reason must be like, and what a plan leaves room for: pure functions, no database, no clock."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

LONGEST_REASON = 500
LONGEST_ROOT_CAUSE = 5_000
# They turn the reading direction of what follows, and can make one text look like another (Unicode TR 36).
_DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class RuleBroken(ValueError):
    """A value cannot be kept; the message says why and never what the value was."""


def reason(text: str) -> str:
    """Why something was done, as one line of at most 500 characters. Raises RuleBroken."""
    line = " ".join(text.split())
    if not line:
        raise RuleBroken(_("Say why: this stays in the history."))
    if len(line) > LONGEST_REASON:
        raise RuleBroken(_("At most %(most)s characters.") % {"most": LONGEST_REASON})
    if not _is_ordinary(line):
        raise RuleBroken(_("One line of ordinary text, please."))
    return line


def root_cause(text: str) -> str:
    """How something came about, in as many lines as it takes but at most 5,000 characters. Raises RuleBroken."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    if not lines:
        raise RuleBroken(_("Say how it came about: somebody else reads this before the tenant is opened."))
    told = "\n".join(lines)
    if len(told) > LONGEST_ROOT_CAUSE:
        raise RuleBroken(_("At most %(most)s characters.") % {"most": f"{LONGEST_ROOT_CAUSE:,}"})
    if not all(_is_ordinary(line.replace("\t", " ")) for line in lines):
        raise RuleBroken(_("Ordinary text, please."))
    return told


def _is_ordinary(line: str) -> bool:
    return not any(
        unicodedata.category(letter) in {"Cc", "Cs"} or letter in _DIRECTION_OVERRIDES for letter in line
    )


def over(usage: Iterable[Mapping[str, Any]], ceilings: Mapping[str, int | None]) -> list[dict[str, Any]]:
    """What is already more than a plan allows: rows of `{resource, usage}` that lie above their ceiling."""
    return [
        {**row, "limit": limit}
        for row in usage
        if (limit := ceilings[row["resource"]]) is not None and row["usage"] > limit
    ]
