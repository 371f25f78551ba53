"""Proving the whole ledger: `verify_ledger` against one plain pass over the same entries, the least that it must read.

A proof compares every entry several times, in the order of its bin, its hub and its document; the figure is the number
of such passes that it costs. The proof must pass: a broken ledger would be measured for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django_tenants.utils import tenant_context

from ledger.proof.verification import Check, verify
from tests.bench import large
from tests.bench.harness import Result, Size, interleaved

AGGREGATE = "SELECT count(*), sum(quantity), sum(value), max(hub_value) FROM ledger_entry"


@dataclass(frozen=True, slots=True)
class Told(Result):
    """A line without a goal for time, only for correctness."""

    def cells(self) -> tuple[str, ...]:
        """The line as the table shows it."""
        is_proved = not self.figures["wrong"]
        return self.work, f"{self.ratio:.0f}x", "no fault", "ok" if is_proved else "broken", self.detail


def measure(size: Size) -> Iterator[Result]:
    """One line, with the seconds of each check."""
    with large.ledgers(size) as both, tenant_context(both.large.tenant):
        ledger = both.large
        proofs: list[list[Check]] = []
        turns = max(size.reading_turns // 2, 1)
        works = {"proof": lambda: proofs.append(list(verify())), "pass": _pass}
        seconds = interleaved(works, turns=turns, warm_up=0)
    checks = proofs[-1]
    yield Told(
        work=f"proof of {ledger.entries:,} entries, {len(checks)} checks, to one SELECT sum over them",
        ratio=seconds["proof"] / seconds["pass"],
        goal=0.0,
        is_at_most=False,
        detail=(
            f"{seconds['proof']:,.1f} s, {ledger.entries / seconds['proof']:,.0f} entries/s, against"
            f" {seconds['pass']:,.2f} s, medians of {turns}"
        ),
        figures={
            "entries": ledger.entries,
            "seconds": seconds,
            "checks": {check.name: check.seconds for check in checks},
            "wrong": [
                f"{check.name}: {check.broken} broken, {check.example}" for check in checks if check.broken
            ],
        },
    )


def _pass() -> None:
    with connection.cursor() as cursor:
        cursor.execute(AGGREGATE)
        cursor.fetchone()
