"""What the worker is told to do: run one job, and once a minute make good what a crash left behind."""

from __future__ import annotations

from procrastinate.contrib.django import app


@app.task(name="asora.jobs.run")
def run(*, schema: str, job: str) -> None:
    """Run one job of one tenant."""
    from asora.jobs import runner

    runner.run(schema, job)


@app.periodic(cron="* * * * *")
@app.task(name="asora.jobs.sweep", queueing_lock="asora.jobs.sweep")
def sweep(timestamp: int) -> None:
    """Hand over again what was ordered and is not being done, and copy events that their tenant's trail still lacks."""
    from asora.jobs import sweeping
    from audit import trail

    sweeping.sweep()
    trail.sweep()
