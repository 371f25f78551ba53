"""Periodic tasks of the support desk."""

from __future__ import annotations

from procrastinate.contrib.django import app

FOLLOW = "asora.support.follow_statements"
DELETE_PACKS = "asora.support.delete_packs"


@app.periodic(cron="* * * * *")
@app.task(name=FOLLOW, queueing_lock=FOLLOW, lock=FOLLOW)
def follow_statements(timestamp: int) -> None:
    """Follow what people of tenants asked and said, freezes, and erasures, where a crash left something out."""
    from support.tickets import following

    following.sweep()


@app.periodic(cron="52 * * * *")
@app.task(name=DELETE_PACKS, queueing_lock=DELETE_PACKS)
def delete_packs(timestamp: int) -> None:
    """Delete the files of evidence packs that are older than 90 days, or have words of people who were erased."""
    from support.evidence.packs import retention

    retention.delete_due()
