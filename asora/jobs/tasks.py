"""The tasks of the worker: run one job, and once a minute repair what a crash left unfinished."""

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
    """Queue jobs that nobody runs, and copy operators' events that are missing in their tenant's trail."""
    from asora.jobs import sweeping
    from audit.events import trail

    sweeping.sweep()
    trail.sweep()
