"""Rules for reasons, root causes and plans: pure functions, no database, no clock."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from asora.kernel.shapes import ReadOnlyValues, Values

MAX_REASON = 500
MAX_ROOT_CAUSE = 5_000
# They change the reading direction of the text after them, and can make one text look like another (Unicode TR 36).
_DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class RuleBroken(ValueError):
    """A value was refused. The message gives the reason and never repeats the value."""


def reason(text: str) -> str:
    """A reason as one line of at most 500 characters. Raises RuleBroken."""
    line = " ".join(text.split())
    if not line:
        raise RuleBroken(_("Enter a reason. It stays in the history."))
    if len(line) > MAX_REASON:
        raise RuleBroken(_("At most %(most)s characters.") % {"most": MAX_REASON})
    if not _is_ordinary(line):
        raise RuleBroken(_("Use one line of ordinary text, without control characters."))
    return line


def root_cause(text: str) -> str:
    """A root cause: any number of lines, at most 5,000 characters. Raises RuleBroken."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    if not lines:
        raise RuleBroken(_("Enter the root cause. Another person reads it before the tenant is opened."))
    cleaned = "\n".join(lines)
    if len(cleaned) > MAX_ROOT_CAUSE:
        raise RuleBroken(_("At most %(most)s characters.") % {"most": f"{MAX_ROOT_CAUSE:,}"})
    if not all(_is_ordinary(line.replace("\t", " ")) for line in lines):
        raise RuleBroken(_("Use ordinary text, without control characters."))
    return cleaned


def _is_ordinary(line: str) -> bool:
    return not any(
        unicodedata.category(letter) in {"Cc", "Cs"} or letter in _DIRECTION_OVERRIDES for letter in line
    )


def over(usage: Iterable[ReadOnlyValues], ceilings: Mapping[str, int | None]) -> list[Values]:
    """The resources of which more is used than a plan allows, as rows of `{resource, usage}`."""
    return [
        {**row, "limit": limit}
        for row in usage
        if (limit := ceilings[row["resource"]]) is not None and row["usage"] > limit
    ]
