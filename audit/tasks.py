"""Periodic tasks for the trail: sealing it, and the ledger with it."""

from __future__ import annotations

from procrastinate.contrib.django import app

SEAL, SEAL_BUSY = "asora.audit.seal", "asora.audit.seal_busy"


@app.periodic(cron="* * * * *")
@app.task(name=SEAL, queueing_lock=SEAL, lock=SEAL)
def seal(timestamp: int) -> None:
    """Seal what was recorded since the last minute; once an hour look at every tenant, busy or not."""
    from audit.seals import schedule

    if timestamp % 3600 < 60:
        schedule.seal_everywhere()
    else:
        schedule.seal_waiting()


@app.periodic(cron="* * * * * */10")  # the sixth column is seconds
@app.task(name=SEAL_BUSY, queueing_lock=SEAL_BUSY, lock=SEAL)
def seal_busy(timestamp: int) -> None:
    """Seal the tenants where many events wait already."""
    from audit.seals import schedule

    schedule.seal_waiting(at_least=schedule.MANY)
