"""The example of a failed check in words that people know: SKUs and codes instead of database ids."""

from __future__ import annotations

import re

from inventory.models import Bin, Category, Hub, Item, Vendor

_NUMBERED = re.compile(r"\b(item|hub|bin|vendor|category) (\d+)\b")
_MODELS = {"item": Item, "hub": Hub, "vendor": Vendor, "category": Category}


def named(text: str) -> str:
    """`item 12 in bin 7` as `item BOLT in bin NORTH/A-1`. A number without a record stays: `item of row 12`."""
    return _NUMBERED.sub(_name, text)


def _name(found: re.Match[str]) -> str:
    noun, row = found[1], int(found[2])
    if noun == "bin":
        place = Bin.objects.select_related("hub").filter(pk=row).first()
        name = place.address if place else ""
    else:
        record = _MODELS[noun]._default_manager.filter(pk=row).first()
        name = str(record) if record else ""
    return f"{noun} {name}" if name else f"{noun} of row {row}"
