"""The worker's tasks for the support desk."""

from __future__ import annotations

from procrastinate.contrib.django import app

from asora.jobs import queue

FOLLOW = "asora.support.follow_statements"
DELETE_PACKS = "asora.support.delete_packs"
LOOK_AFTER_CLOCKS = "asora.support.look_after_clocks"
LOOK_AFTER_CALLS = "asora.support.look_after_calls"
CLOSE = "asora.support.close_resolved"
MAIL = "asora.support.mail"


@app.periodic(cron="* * * * *")
@app.task(name=FOLLOW, queueing_lock=FOLLOW, lock=FOLLOW)
def follow_statements(timestamp: int) -> None:
    """Follow what people of tenants asked and said, freezes, and erasures, where a crash left something out.

    Each minute among the newest rows of a tenant; once an hour among many more.
    """
    from support.tickets import following

    following.sweep(latest=following.LATEST if timestamp % 3600 < 60 else following.NEWEST)


@app.periodic(cron="52 * * * *")
@app.task(name=DELETE_PACKS, queueing_lock=DELETE_PACKS)
def delete_packs(timestamp: int) -> None:
    """Delete the files of evidence packs that are older than 90 days, or have words of people who were erased."""
    from support.evidence.packs import retention

    retention.delete_due()


@app.periodic(cron="* * * * *")
@app.task(name=LOOK_AFTER_CLOCKS, queueing_lock=LOOK_AFTER_CLOCKS)
def look_after_clocks(timestamp: int) -> None:
    """Record promised times that have run out."""
    from support.clocks import due

    due.look()


@app.periodic(cron="* * * * *")
@app.task(name=LOOK_AFTER_CALLS, queueing_lock=LOOK_AFTER_CALLS)
def look_after_calls(timestamp: int) -> None:
    """Pass on calls that nobody took, and send their e-mails."""
    from support.oncall import due

    due.look()


@app.periodic(cron="22 * * * *")
@app.task(name=CLOSE, queueing_lock=CLOSE)
def close_resolved(timestamp: int) -> None:
    """Remind the customers of resolved tickets, and close those that nobody confirmed in five business days."""
    from support.closing import due

    due.sweep()


@app.periodic(cron="* * * * *")
@app.task(name=MAIL, queue=queue.SENDING, queueing_lock=MAIL, lock=MAIL)  # mail servers can be slow
def carry_mail(timestamp: int) -> None:
    """Send the desk's mails that are due, and fetch the answers from its mailbox."""
    from support.mail import mailbox, sending

    sending.send_due()
    mailbox.poll()
