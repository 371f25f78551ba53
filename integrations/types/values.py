"""Removes money from the data of a payload, for a reader who may not see values."""

from __future__ import annotations

from typing import Any

from asora.kernel.shapes import ReadOnlyValues, Values
from integrations.types.catalogue import TYPES


def without_values(event_type: str, data: ReadOnlyValues) -> Values:
    """The `data` of a stored payload without its fields that are money. Of an unknown type nothing is left."""
    known = TYPES.get(event_type)
    if known is None:
        return {}
    kept: Values = dict(data)
    for path in known.values:
        kept = _without(kept, path)
    return kept


def _without(data: Any, path: str) -> Any:
    name, _, rest = path.partition(".")
    if name.endswith("[]"):
        name = name.removesuffix("[]")
        if name not in data:
            return data
        return {**data, name: [_without(each, rest) for each in data[name]]}
    if rest:
        return {**data, name: _without(data[name], rest)} if data.get(name) else data
    return {key: each for key, each in data.items() if key != name}
