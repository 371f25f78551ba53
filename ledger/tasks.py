"""Periodic tasks for ledgers: once an hour the worker enqueues the proofs that are due."""

from __future__ import annotations

from procrastinate.contrib.django import app

from ledger.proof import nightly

LOOK = "asora.ledger.look_for_due_proofs"


@app.task(name=nightly.PROVE)
def prove(*, schema: str) -> None:
    """Prove the ledger of one tenant."""
    nightly.PROOFS.run(schema)


@app.periodic(cron="17 * * * *")
@app.task(name=LOOK, queueing_lock=LOOK)
def look_for_due_proofs(timestamp: int) -> None:
    """Enqueue the proof of every ledger whose last proof is from the night before, or older."""
    nightly.PROOFS.enqueue_due()
