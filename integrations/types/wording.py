"""The types of fields in words, from their JSON Schemas."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.shapes import ReadOnlyValues, StrOrPromise
from integrations.types.schema import DECIMAL

WORDS: Mapping[str, StrOrPromise] = {
    "string": gettext_lazy("text"),
    "integer": gettext_lazy("whole number"),
    "boolean": gettext_lazy("true or false"),
    "object": gettext_lazy("object"),
    "array": gettext_lazy("list"),
    "date": gettext_lazy("day, as YYYY-MM-DD"),
    "date-time": gettext_lazy("moment in UTC, as in RFC 3339"),
    "uuid": gettext_lazy("id (UUID)"),
    DECIMAL: gettext_lazy("decimal number as text"),
}


def in_words(shape: ReadOnlyValues) -> str:
    """What a field contains, for example "decimal number as text, or null"."""
    if "const" in shape:
        return _("always %(value)s") % {"value": shape["const"]}
    if "enum" in shape:
        return _("one of: %(values)s") % {"values": ", ".join(shape["enum"])}
    kinds = shape["type"] if isinstance(shape["type"], list) else [shape["type"]]
    named = next(each for each in kinds if each != "null")
    word = WORDS.get(shape.get("format", "")) or WORDS.get(shape.get("pattern", "")) or WORDS[named]
    if named == "array":
        inside = WORDS[shape["items"]["type"]]
        word = (
            _("list of objects")
            if shape["items"]["type"] == "object"
            else _("list: %(inside)s") % {"inside": inside}
        )
    return _("%(word)s, or null") % {"word": word} if "null" in kinds else str(word)
