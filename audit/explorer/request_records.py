"""What requests made, beside their events: each context registers the records that name the request of their making.

The trail is below the contexts, so it cannot ask them. A context registers a heading, a function and a template, and
the page of a request shows them in the order of registration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from asora.kernel.act import Act
from asora.kernel.shapes import ReadOnlyValues, StrOrPromise, Values

#: Returns the context of the template: only what the reader may see; empty if there is nothing to show.
Find = Callable[[Act, Sequence[str]], ReadOnlyValues]


@dataclass(frozen=True, slots=True)
class RecordsOfRequest:
    """One kind of records of a request. The template shows its heading (`title`) and what `find` returns (`found`)."""

    title: StrOrPromise
    template: str
    find: Find


KINDS: dict[str, RecordsOfRequest] = {}


def register_records(name: str, *, title: StrOrPromise, template: str, find: Find) -> None:
    """Show records of one kind on the page of the request that made them. `find` gets the reader and request ids."""
    if name in KINDS:
        raise RuntimeError(f"two kinds of records of requests are called {name}")
    KINDS[name] = RecordsOfRequest(title, template, find)


def records_of(act: Act, request_ids: Sequence[str]) -> list[Values]:
    """The records that these requests made and that the reader may see: {title, template, found}."""
    found = ((kind, kind.find(act, request_ids)) for kind in KINDS.values())
    return [
        {"title": kind.title, "template": kind.template, "found": context}
        for kind, context in found
        if context
    ]
