"""The rules for the values of master data: pure functions, no database, no clock.

Each takes the typed text (or a parsed value) and returns the value to store, or raises `RuleBroken`. Forms, imports
and direct calls of actions use the same rules. Messages never repeat the value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from asora.kernel.csv.reading import flag_of
from asora.kernel.numbers import NumberRefused, decimal_of, refuse_ambiguous
from asora.kernel.refusals import Reason
from asora.kernel.text import fold_code

CODE_LENGTH = 40
SKU_LENGTH = 64
NAME_LENGTH = 300
UNIT_LENGTH = 12
BARCODE_LENGTH = 64
MOST_BARCODES = 50
MOST_DECIMALS = 4
QUANTITY_DIGITS = 20
MONEY_DIGITS, MONEY_PLACES = 26, 6

# These words are part of URLs (`/items/new/`), so no code may be one of them.
RESERVED_WORDS = frozenset({"new", "import"})
BIN_VERBS = frozenset({"edit", "archive", "restore"})
# Browsers resolve these segments: `/bins/N/A/../B/` would open the page of bin B.
DOT_SEGMENTS = frozenset({".", ".."})

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._&+-]*")
# Some warehouses call a bin N/A-0. A slash inside a bin's code is fine, because a hub's code never contains one.
_BIN_CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._&+/-]*[A-Za-z0-9._&+-])?")
_BARCODE = re.compile(r"[!-~]+")
# These characters reverse the reading direction and can make one name look like another (Unicode TR 36).
_DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class RuleBroken(ValueError):
    """A value breaks a rule. Carries a message and a reason, never the value."""

    def __init__(self, message: str, *, reason: Reason = Reason.INVALID_INPUT) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason


def code(text: str) -> str:
    """The code of a category, hub or vendor. Breaks: INVALID_INPUT, NAME_RESERVED."""
    return _unreserved(_shaped_code(text, longest=CODE_LENGTH))


def sku(text: str) -> str:
    """An item's SKU. Breaks: INVALID_INPUT, NAME_RESERVED."""
    return _unreserved(_shaped_code(text, longest=SKU_LENGTH))


def bin_code(text: str) -> str:
    """The code of a bin; it may have slashes inside. Breaks: INVALID_INPUT, NAME_RESERVED."""
    found = address_part(text)
    for part in found.split("/"):
        _unreserved(part)
        if part in DOT_SEGMENTS:
            raise RuleBroken(_("A part between slashes cannot consist of one or two dots only."))
        if part == "" or fold_code(part) in BIN_VERBS:
            raise RuleBroken(
                _("Asora uses this word in its own web addresses. Choose another code."),
                reason=Reason.NAME_RESERVED,
            )
    return found


def address_part(text: str) -> str:
    """A code that refers to a record, perhaps one older than the reserved words. Breaks: INVALID_INPUT."""
    return _shaped_code(text, longest=CODE_LENGTH, shape=_BIN_CODE)


def _shaped_code(text: str, *, longest: int, shape: re.Pattern[str] = _CODE) -> str:
    stripped = text.strip()
    if not stripped:
        raise RuleBroken(_("This field is required."))
    if len(stripped) > longest:
        raise RuleBroken(_("Use at most %(most)s characters.") % {"most": longest})
    if not shape.fullmatch(stripped):
        raise RuleBroken(
            _("Use only letters, digits and . _ - & + without spaces. Start with a letter or digit.")
        )
    return stripped


def _unreserved(text: str) -> str:
    if fold_code(text) in RESERVED_WORDS:
        raise RuleBroken(
            _("Asora uses this word in its own web addresses. Choose another code."),
            reason=Reason.NAME_RESERVED,
        )
    return text


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


def decimals(value: int | str) -> int:
    """How many decimal places an item's quantities have: 0 to 4. Breaks: INVALID_INPUT."""
    text = str(value).strip()
    if not (text.isascii() and text.isdigit() and int(text[:3]) <= MOST_DECIMALS):
        raise RuleBroken(_("Enter a whole number from 0 to %(most)s.") % {"most": MOST_DECIMALS})
    return int(text)


def standard_cost(value: Decimal | str) -> Decimal:
    """Money per unit, at least 0, up to 6 places; an empty text is 0. Breaks: INVALID_INPUT, COST_NEGATIVE."""
    if value == "":
        return Decimal(0)
    cost = _number(value, most_digits=MONEY_DIGITS, places=MONEY_PLACES)
    if cost < 0:
        raise RuleBroken(_("A cost cannot be negative."), reason=Reason.COST_NEGATIVE)
    return cost


def reorder_point(value: Decimal | str | None) -> Decimal | None:
    """A quantity of at least 0, or None. `fitting` checks its decimal places. Breaks: INVALID_INPUT."""
    if value is None or value == "":
        return None
    quantity = _number(value, most_digits=QUANTITY_DIGITS, places=MOST_DECIMALS)
    if quantity < 0:
        raise RuleBroken(_("A reorder point cannot be negative."))
    return quantity


def fitting(quantity: Decimal | None, *, places: int) -> Decimal | None:
    """A quantity with no more decimal places than its item.

    Breaks: QUANTITY_TOO_PRECISE; NUMBER_AMBIGUOUS: "1.000" may mean a thousand if the item has no decimal places.
    """
    if quantity is not None and not places:
        clear(quantity)
    if quantity is not None and quantity != quantity.quantize(Decimal(1).scaleb(-places)):
        raise RuleBroken(
            _("This item is kept with %(places)s decimal places.") % {"places": places},
            reason=Reason.QUANTITY_TOO_PRECISE,
        )
    return quantity


def clear(number: Decimal | None) -> Decimal | None:
    """A typed number that could not also mean a thousand times as much. Breaks: NUMBER_AMBIGUOUS."""
    try:
        if number is not None:
            refuse_ambiguous(number)
    except NumberRefused as refused:
        raise RuleBroken(str(refused), reason=refused.reason) from refused
    return number


def _number(value: Decimal | str, *, most_digits: int, places: int) -> Decimal:
    text = value if isinstance(value, str) else f"{value:f}"
    try:
        return decimal_of(text, most_digits=most_digits, places=places)
    except NumberRefused as refused:
        raise RuleBroken(str(refused), reason=refused.reason) from refused


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


def barcodes(codes: str | Iterable[str]) -> tuple[str, ...]:
    """The barcodes of an item in their order, each once. Breaks: INVALID_INPUT."""
    listed = codes.split() if isinstance(codes, str) else [code.strip() for code in codes]
    first_spelling: dict[str, str] = {}
    for code in listed:
        first_spelling.setdefault(fold_code(code), code)
    unique = tuple(first_spelling.values())
    if len(unique) > MOST_BARCODES:
        raise RuleBroken(_("An item can have at most %(most)s barcodes.") % {"most": MOST_BARCODES})
    for barcode in unique:
        if len(barcode) > BARCODE_LENGTH or not _BARCODE.fullmatch(barcode):
            raise RuleBroken(
                _("A barcode can have at most %(most)s characters: letters, digits and symbols, no spaces.")
                % {"most": BARCODE_LENGTH}
            )
    return unique


def bin_address(text: str) -> tuple[str, str]:
    """`HUB/BIN` as its two codes; spaces around the slash do not matter. Breaks: INVALID_INPUT."""
    hub, slash, place = text.partition("/")
    if not slash:
        raise RuleBroken(_("Enter hub and bin with a slash between them, for example NORTH/A-1."))
    return address_part(hub), address_part(place)


def hub_reorder_points(text: str) -> tuple[tuple[str, Decimal], ...]:
    """`HUB=QUANTITY` pairs, separated by spaces, each hub once. Breaks: INVALID_INPUT."""
    points: dict[str, tuple[str, Decimal]] = {}
    for pair in text.split():
        hub, sign, number = pair.partition("=")
        quantity = reorder_point(number)
        if not sign or quantity is None:
            raise RuleBroken(_("Write a hub, an equals sign and a quantity, like NORTH=40."))
        if points.setdefault(fold_code(hub), (address_part(hub), quantity))[1] != quantity:
            raise RuleBroken(_("A hub has one reorder point only."))
    return tuple(points.values())


def looped(parents: Mapping[str, str]) -> list[str]:
    """The codes that are their own ancestors. `parents`: each code with its parent's code, "" for none."""
    stuck: list[str] = []
    safe: set[str] = set()
    for start in parents:
        path: list[str] = []
        here = start
        while here in parents and here not in safe and here not in path:
            path.append(here)
            here = parents[here]
        if here in path:
            stuck.extend(code for code in path[path.index(here) :] if code not in stuck)
        safe.update(path)
    return stuck
