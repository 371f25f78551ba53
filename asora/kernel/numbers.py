"""Reads numbers that people type: all forms, files, counts, costs and tolerances use this module.

A number consists of plain digits, with a point as its only decimal sign. Exponents, thousands separators and decimal
commas are refused, because each of them can be read as a different number; the message says what to write instead.
`static/js/decimals.js` follows the same rules; `tests/kernel/numbers.json` has the cases that test both.

One spelling stays ambiguous: "1.000" is 1 to some people and 1000 to others. `decimal_of` reads it as 1 and keeps its
decimal places, so that `refuse_ambiguous` can detect it. Callers refuse it if nothing decides: for an item without
decimal places, and in a file that does not prove what its points mean (`proves_point`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _

from asora.kernel.refusals import Reason

MAX_LENGTH = 60  # characters; the JavaScript has the same limit
MINUS = "\N{MINUS SIGN}"  # the minus that pages and spreadsheets print

_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_EXPONENT = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?[eE][+-]?[0-9]+")
# Thousands separators of the world: points, all kinds of spaces, underscores, apostrophes.
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[.\s_'\u2019][0-9]{3})+(?:\.[0-9]*)?")
_AMBIGUOUS = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")


class NumberRefused(ValueError):
    """A text is not accepted as a number. The message says what to write instead; the reason is that of the refusal."""

    def __init__(self, message: str, *, reason: Reason = Reason.INVALID_INPUT) -> None:
        super().__init__(message)
        self.reason = reason


def decimal_of(text: str, *, most_digits: int, places: int) -> Decimal:
    """A plain decimal number of at most `most_digits` digits, `places` of them after the point.

    Trailing zeros are kept. Raises NumberRefused INVALID_INPUT with what to write instead.
    """
    typed = text.strip().replace(MINUS, "-", 1) if text.strip().startswith(MINUS) else text.strip()
    if len(typed) > MAX_LENGTH:
        raise NumberRefused(_("The number is too large."))
    if not _PLAIN.fullmatch(typed):
        raise NumberRefused(_what_to_write(typed))
    number = Decimal(typed)
    # Counts digits instead of using `normalize()`, which rounds numbers longer than the decimal context.
    _sign, digits, exponent = number.as_tuple()
    shown = "".join(map(str, digits)).rstrip("0") if number else ""
    if -int(exponent) - (len(digits) - len(shown)) > places:
        raise NumberRefused(_("Use at most %(places)s decimal places.") % {"places": places})
    if number.adjusted() >= most_digits - places:
        raise NumberRefused(_("The number is too large."))
    return number


def is_ambiguous(number: Decimal) -> bool:
    """Returns True if the typed number could also mean a thousand times as much: 1.000, 12.500, but not 0.500."""
    return number.as_tuple().exponent == -3 and 1 <= abs(number) < 1000


def refuse_ambiguous(number: Decimal) -> None:
    """Refuse a number that could mean a thousand times as much. Raises NumberRefused NUMBER_AMBIGUOUS."""
    if is_ambiguous(number):
        raise NumberRefused(_either(number), reason=Reason.NUMBER_AMBIGUOUS)


def proves_point(cells: Iterable[str]) -> bool:
    """Returns True if these cells prove that the file's decimal sign is a point: 2.5 or 0.125 do, 1.000 does not.

    One cell with a comma disproves it: the file then mixes two ways of writing numbers.
    """
    is_shown = False
    for cell in cells:
        if "," in cell:
            return False
        if not is_shown and "." in cell:
            typed = cell.strip().replace(MINUS, "-")
            is_shown = bool(_PLAIN.fullmatch(typed)) and not _AMBIGUOUS.fullmatch(typed) and typed[-1] != "."
    return is_shown


def _what_to_write(typed: str) -> str:
    if not typed:
        return _("This is not a number.")
    if "," in typed:
        return _("Write the number without commas, and with a point for decimals: 1234.5.")
    if _EXPONENT.fullmatch(typed):
        return _("Write all digits of the number, without an exponent: 100000.")
    if _GROUPED.fullmatch(typed):
        return _("Write the digits of the number without anything between them: 1000000.")
    return _("This is not a number. Write digits, and a point for decimals: 1234.5.")


def _either(number: Decimal) -> str:
    """The message with both possible numbers, each written so that it can be read only one way."""
    small = f"{number:f}".rstrip("0").rstrip(".")
    if is_ambiguous(Decimal(small)):
        small += "0"
    return _("This can be read as %(small)s or as %(large)s. Write it in one of these two ways.") % {
        "small": small,
        "large": f"{number * 1000:f}".rstrip("0").rstrip("."),
    }


class NumberField(forms.Field):
    """A number, entered as text; empty gives None. Number inputs would round, and change when the user scrolls."""

    def __init__(
        self,
        *,
        most_digits: int,
        places: int,
        min_value: int | None = None,
        max_value: int | None = None,
        **options: Any,
    ) -> None:
        attributes = {"inputmode": "decimal", "autocomplete": "off", "class": "is-figure"}
        options.setdefault("widget", forms.TextInput(attrs=attributes))
        super().__init__(**options)
        self.most_digits, self.places = most_digits, places
        if min_value is not None:
            self.validators.append(MinValueValidator(min_value))
        if max_value is not None:
            self.validators.append(MaxValueValidator(max_value))

    def to_python(self, value: object) -> Decimal | None:
        """The number. The error's code is the reason."""
        if value is None or not str(value).strip():
            return None
        try:
            number = decimal_of(str(value), most_digits=self.most_digits, places=self.places)
            if not self.places:
                refuse_ambiguous(number)
            return number
        except NumberRefused as refused:
            raise ValidationError(str(refused), code=str(refused.reason)) from refused
