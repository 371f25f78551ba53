"""Periodic tasks for the trail: sealing it, and the ledger with it; checking the seals, and mailing receipts."""

from __future__ import annotations

from procrastinate.contrib.django import app

from audit.seals import nightly

SEAL, SEAL_BUSY = "asora.audit.seal", "asora.audit.seal_busy"
LOOK, MAIL = "asora.audit.look_for_due_checks", "asora.audit.mail_receipts"


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


@app.task(name=nightly.CHECK)
def check_seals(*, schema: str) -> None:
    """Check the seals of one tenant."""
    nightly.CHECKS.run(schema)


@app.periodic(cron="37 * * * *")
@app.task(name=LOOK, queueing_lock=LOOK)
def look_for_due_checks(timestamp: int) -> None:
    """Enqueue the checks of seals that are due."""
    nightly.CHECKS.enqueue_due()


@app.periodic(cron="7 * * * *")
@app.task(name=MAIL, queueing_lock=MAIL)
def mail_receipts(timestamp: int) -> None:
    """Send receipts to the people who want them."""
    from audit.seals import mailing

    mailing.send_due()
