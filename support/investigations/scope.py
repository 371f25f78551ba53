"""What an investigation looks at besides requests: an item in a place, an export or an endpoint, and a period."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from asora.kernel import asked
from asora.kernel.shapes import ReadOnlyValues, Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Codes and names in the tenant, and a period without its end. Empty values do not limit.

    `person`: a pseudonym. `integration`: the name of an endpoint.
    """

    item: str = ""
    hub: str = ""
    bin: str = ""
    integration: str = ""
    person: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def to_json(self) -> Values:
        """What limits, ready for JSON."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in values.items()
            if value
        }

    @classmethod
    def from_json(cls, stored: ReadOnlyValues) -> Scope:
        """The scope of `to_json`."""
        return cls(
            item=str(stored.get("item", "")),
            hub=str(stored.get("hub", "")),
            bin=str(stored.get("bin", "")),
            integration=str(stored.get("integration", "")),
            person=str(stored.get("person", "")),
            since=_moment(stored.get("since")),
            until=_moment(stored.get("until")),
        )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# A refused event has the length of a person and of an integration only: anything may have been typed there.
asked.register_fields(Scope, "investigation_scope", codes=("item", "hub", "bin"))
