"""Codes, SKUs, barcodes and the addresses of bins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from asora.kernel.refusals import Reason
from asora.kernel.text import fold_code
from inventory.rules.broken import RuleBroken

CODE_LENGTH = 40
SKU_LENGTH = 64
BARCODE_LENGTH = 64
MAX_BARCODES = 50
# These words are part of URLs (`/items/new/`), so no code may be one of them.
RESERVED_WORDS = frozenset({"new", "import"})
BIN_VERBS = frozenset({"edit", "archive", "restore"})
# Browsers resolve these segments: `/bins/N/A/../B/` would open the page of bin B.
DOT_SEGMENTS = frozenset({".", ".."})
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._&+-]*")
# Some warehouses call a bin N/A-0. A slash inside a bin's code is fine, because a hub's code never contains one.
_BIN_CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._&+/-]*[A-Za-z0-9._&+-])?")
_BARCODE = re.compile(r"[!-~]+")


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


def barcodes(codes: str | Iterable[str]) -> tuple[str, ...]:
    """The barcodes of an item in their order, each once. Breaks: INVALID_INPUT."""
    listed = codes.split() if isinstance(codes, str) else [code.strip() for code in codes]
    first_spelling: dict[str, str] = {}
    for code in listed:
        first_spelling.setdefault(fold_code(code), code)
    unique = tuple(first_spelling.values())
    if len(unique) > MAX_BARCODES:
        raise RuleBroken(_("An item can have at most %(most)s barcodes.") % {"most": MAX_BARCODES})
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
