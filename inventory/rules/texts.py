"""Names, units, and the words for yes and no."""

from __future__ import annotations

import unicodedata

from django.utils.translation import gettext as _

from asora.kernel.csv.reading import flag_of
from inventory.rules.broken import RuleBroken

NAME_LENGTH = 300
UNIT_LENGTH = 12
# These characters reverse the reading direction and can make one name look like another (Unicode TR 36).
_DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def name(text: str) -> str:
    """The name of a record, in any script: one line of text. Breaks: INVALID_INPUT."""
    return _line_of_text(text, longest=NAME_LENGTH)


def bin_name(text: str) -> str:
    """The name of a bin; may be empty. Breaks: INVALID_INPUT."""
    return name(text) if text.strip() else ""


def unit(text: str) -> str:
    """A unit of measure: EA, kg, m². Breaks: INVALID_INPUT."""
    return _line_of_text(text, longest=UNIT_LENGTH)


def _line_of_text(text: str, *, longest: int) -> str:
    stripped = unicodedata.normalize("NFC", text).strip()
    if not stripped:
        raise RuleBroken(_("This field is required."))
    if len(stripped) > longest:
        raise RuleBroken(_("Use at most %(most)s characters.") % {"most": longest})
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} for sign in stripped):
        raise RuleBroken(_("Enter one line of text without control characters."))
    if not _DIRECTION_OVERRIDES.isdisjoint(stripped):
        raise RuleBroken(_("Remove the characters that change the reading direction."))
    return stripped


def eligible(text: str) -> bool:
    """True or false from words such as yes, no, eligible and ineligible. Breaks: INVALID_INPUT."""
    word = text.strip().lower()
    if word in {"eligible", "ineligible"}:
        return word == "eligible"
    try:
        return flag_of(text)
    except ValueError as error:
        raise RuleBroken(str(error)) from error


def archived(text: str) -> bool:
    """Whether a record of a file is archived, in the words of the lists. Breaks: INVALID_INPUT."""
    word = text.strip().lower()
    if word in {"", "active", "archived"}:
        return word == "archived"
    raise RuleBroken(_("Leave this empty, or write archived."))
