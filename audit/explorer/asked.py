"""How the values of the explorer's actions are recorded when a request is refused, and built again."""

from __future__ import annotations

import re

from asora.kernel import asked
from asora.kernel.refusals import Reason
from asora.kernel.request_ids import SHAPE
from audit.explorer.event_query import EventQuery
from audit.explorer.formats.catalogue import FORMATS, Format

# Somebody may type a name into any of the filters that are checked here, or into `record` and `route`.
CHECKED = {
    "actor": re.compile(r"u-[0-9a-z]+|[a-z]+(_[a-z]+)+"),
    "rule": re.compile(r"[a-z_]+(\.[a-z_]+)+"),
    "request": SHAPE,
    "reason": re.compile("|".join(Reason.__members__)),
}
CODES = {"outcome", "action", "code", "hub"}


def _check(name: str, shape: re.Pattern[str]) -> None:
    asked.register_check(name, lambda text: bool(shape.fullmatch(text)))


for name, shape in CHECKED.items():
    _check(name, shape)
asked.register_fields(EventQuery, "query of events", codes=CODES)
asked.register(
    Format, "format of events", to_json=lambda form, _writer: form.name, from_json=lambda name: FORMATS[name]
)
