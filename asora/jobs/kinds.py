"""The kinds of jobs. Each bounded context registers its own in its `jobs` module."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from asora.jobs.models import MAX_ATTEMPTS, Job
from asora.kernel.act import Act
from asora.kernel.permissions import Asked
from asora.kernel.shapes import StrOrPromise, Values

#: Does the work through the door and returns the result for the page, as JSON. May raise a Refusal.
Work = Callable[[Act, Values], Values]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job.

    `permission`: required to request it; the action itself checks its own permission when it runs. `title`: the title
    of the page. `template`: shows `job.result` when it is done. `onward`: the page that shows the result of a job that
    was done or refused, if there is a better one than the job's. `attempts`: how often it may be started if crashes
    interrupt it; 1 for work that reaches beyond the database, where nobody knows how far it came: then `onward` is
    asked about a failed job too, for the page that shows what it had done. `queue`: jobs that
    wait for other companies' systems have one of their own, so that they hold up no others.
    """

    name: str
    title: StrOrPromise
    permission: Asked
    template: str
    work: Work
    onward: Callable[[Job], str] = lambda job: ""
    attempts: int = MAX_ATTEMPTS
    queue: str = "default"


KINDS: dict[str, Kind] = {}


def kind(
    name: str,
    *,
    title: StrOrPromise,
    permission: Asked,
    template: str,
    onward: Callable[[Job], str] = lambda job: "",
    attempts: int = MAX_ATTEMPTS,
    queue: str = "default",
) -> Callable[[Work], Work]:
    """Make a function the work of a kind of job. Unless `attempts` is 1, running it twice must do no harm: a crash may
    come after its commit and before the job is marked as done."""

    def register(work: Work) -> Work:
        if name in KINDS:
            raise RuntimeError(f"two kinds of jobs are called {name}")
        KINDS[name] = Kind(name, title, permission, template, work, onward, attempts, queue)
        return work

    return register
