"""The scope of a report: places, goods, vendors, a period and a position, all by codes that never change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from asora.kernel.shapes import ReadOnlyValues, Values


@dataclass(frozen=True, slots=True)
class Scope:
    """The scope of a report. Hubs are always named one by one (the permitted ones); other empty fields mean all.

    A period by recorded time starts at `after`, a position: only later positions are read. A period by effective date
    is `since` and `until`, both days included. In both cases nothing later than `position` is read.
    """

    position: int
    hubs: tuple[str, ...]
    categories: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()
    after: int = 0
    since: date | None = None
    until: date | None = None

    def parameters(self) -> Values:
        """The scope without its position, as an export stores it: explicit codes, in byte order.

        Vendors and period are included only if they are given, so that exports of reports without them keep their
        names and hashes.
        """
        asked: Values = {
            "hubs": sorted(self.hubs),
            "categories": sorted(self.categories),
            "items": sorted(self.items),
        }
        if self.vendors:
            asked["vendors"] = sorted(self.vendors)
        if self.after:
            asked["after"] = self.after
        for name, day in (("since", self.since), ("until", self.until)):
            if day is not None:
                asked[name] = day.isoformat()
        return asked

    @classmethod
    def of(cls, parameters: ReadOnlyValues, *, position: int) -> Scope:
        """The scope that an export stored."""
        return cls(
            position=position,
            hubs=tuple(parameters["hubs"]),
            categories=tuple(parameters["categories"]),
            items=tuple(parameters["items"]),
            vendors=tuple(parameters.get("vendors", ())),
            after=int(parameters.get("after", 0)),
            since=_day(parameters.get("since")),
            until=_day(parameters.get("until")),
        )

    def values(self) -> Values:
        """The named values that a report's SELECT may use."""
        return {
            "position": self.position,
            "hubs": list(self.hubs),
            "categories": list(self.categories),
            "items": list(self.items),
            "vendors": list(self.vendors),
            "after": self.after,
            "since": self.since,
            "until": self.until,
        }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
