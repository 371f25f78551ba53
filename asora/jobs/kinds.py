"""The kinds of long work there are. Each bounded context registers its own in its `jobs` module."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asora.jobs.models import Job
from asora.kernel.act import Act

#: Does it, through the door, and returns what the page should tell, as JSON. Raises a Refusal when it may not be.
Work = Callable[[Act, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of long work.

    `permission`: asked when it is ordered; whether it may be done, the action itself decides when it is.
    `title`: what the page is called. `template`: shows `job.result` when it is done. `onward`: the page where a job
    that was done or refused is shown at its best, if there is one.
    """

    name: str
    title: Any
    permission: str
    template: str
    work: Work
    onward: Callable[[Job], str] = lambda job: ""


KINDS: dict[str, Kind] = {}


def kind(
    name: str,
    *,
    title: Any,
    permission: str,
    template: str,
    onward: Callable[[Job], str] = lambda job: "",
) -> Callable[[Work], Work]:
    """Make a function the work of a kind of job. It must be harmless to do twice: a crash may come between its
    commit and the note that it is done."""

    def register(work: Work) -> Work:
        if name in KINDS:
            raise RuntimeError(f"two kinds of jobs are called {name}")
        KINDS[name] = Kind(name, title, permission, template, work, onward)
        return work

    return register
