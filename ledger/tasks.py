"""What the worker does for ledgers without being asked: once an hour it looks which proofs are due."""

from __future__ import annotations

from procrastinate.contrib.django import app

from ledger.proof import nightly

LOOK = "asora.ledger.look_for_due_proofs"


@app.task(name=nightly.PROVE)
def prove(*, schema: str) -> None:
    """Prove the ledger of one tenant."""
    nightly.prove(schema)


@app.periodic(cron="17 * * * *")
@app.task(name=LOOK, queueing_lock=LOOK)
def look_for_due_proofs(timestamp: int) -> None:
    """Hand over the proof of every ledger whose last one is of the night before, or older."""
    nightly.hand_over_due()
