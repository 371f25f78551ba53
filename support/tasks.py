"""Periodic tasks of the support desk."""

from __future__ import annotations

from procrastinate.contrib.django import app

FOLLOW = "asora.support.follow_statements"


@app.periodic(cron="* * * * *")
@app.task(name=FOLLOW, queueing_lock=FOLLOW, lock=FOLLOW)
def follow_statements(timestamp: int) -> None:
    """Follow what people of tenants asked and said, freezes, and erasures, where a crash left something out."""
    from support.tickets import following

    following.sweep()
