"""The calendars and the first policy that Asora ships. Later versions are made on the desk's pages."""

from __future__ import annotations

from typing import NamedTuple

from support.clocks import rules

#: The calendar of Sev3 and Sev4: Monday to Friday from nine to five, without public holidays.
BUSINESS = "business"
TIME_ZONE = "America/New_York"
COUNTRY = "US"
YEARS = range(2024, 2034)
OPENING, CLOSE = 9 * 60, 17 * 60
WEEK: list[list[list[int]]] = [[[OPENING, CLOSE]]] * 5 + [[], []]

HOUR, DAY = 60, 24 * 60
REALTIME = rules.MINUTES
HOURS = rules.BUSINESS_MINUTES
DAYS = rules.BUSINESS_DAYS


class Promise(NamedTuple):
    """One row of the policy. `amount` is in minutes, or in days for targets in business days."""

    clock: str
    amount: int
    unit: str
    severity: int | None = None
    category: str = ""
    queue: str = ""

    @property
    def pauses(self) -> bool:
        """Sev1 and Sev2 never pause: these promises count every minute of every day."""
        return self.severity not in (1, 2)


def promises() -> list[Promise]:
    """All rows of the first policy."""
    return [
        # The first answer.
        Promise(rules.ACK, 15, REALTIME, severity=1),
        Promise(rules.ACK, HOUR, REALTIME, severity=2),
        Promise(rules.ACK, 4 * HOUR, HOURS, severity=3),
        *(Promise(rules.ACK, 1, rules.SAME_BUSINESS_DAY, category=category) for category in "ABCD"),
        *(Promise(rules.ACK, 1, DAYS, category=category) for category in "EFGH"),
        # News while the ticket is open.
        Promise(rules.UPDATE, 30, REALTIME, severity=1),
        Promise(rules.UPDATE, 2 * HOUR, REALTIME, severity=2),
        Promise(rules.UPDATE, 1, DAYS, severity=3),
        Promise(rules.UPDATE, 3 * DAY, REALTIME, severity=4),
        # The end. Two rows of one severity: the earlier one decides.
        Promise(rules.MITIGATE, 4 * HOUR, REALTIME, severity=1),
        Promise(rules.MITIGATE, 8 * HOUR, REALTIME, severity=2),
        Promise(rules.RESOLVE, 3 * DAY, REALTIME, severity=3),
        Promise(rules.RESOLVE, 3, DAYS, severity=3),
        Promise(rules.RESOLVE, 7 * DAY, REALTIME, severity=4),
        Promise(rules.RESOLVE, 5, DAYS, severity=4),
        # Inside the desk.
        Promise(rules.TRIAGE, 5, HOURS),
        Promise(rules.NUDGE, 2 * HOUR, REALTIME, severity=2),
        Promise(rules.HAND_UP, 2 * HOUR, HOURS, severity=3),
        Promise(rules.HAND_UP, 8 * HOUR, HOURS, severity=4),
        *_per_queue(rules.OLA_ACK, {"l1": 15, "l2": HOUR, "l3": 2 * HOUR}),
        *_per_queue(rules.OLA_RESOLVE, {"l1": 4 * HOUR, "l2": 8 * HOUR, "l3": 24 * HOUR}),
    ]


def _per_queue(clock: str, amounts: dict[str, int]) -> list[Promise]:
    """Business hours for all tickets of a queue, and every hour of the day for Sev1 and Sev2."""
    return [
        Promise(clock, amount, unit, severity=severity, queue=queue)
        for queue, amount in amounts.items()
        for severity, unit in ((None, HOURS), (1, REALTIME), (2, REALTIME))
    ]


def public_holidays() -> list[str]:
    """The public holidays of all years that the first version of the calendar covers, as ISO dates."""
    import holidays  # slow to import, and needed once per database

    return sorted(day.isoformat() for day in holidays.country_holidays(COUNTRY, years=YEARS))
