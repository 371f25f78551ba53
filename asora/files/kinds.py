"""The kinds of files there are. Each bounded context offers its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse

from asora.files.columns import FileColumn
from asora.files.models import Upload
from asora.files.refused_lines import places_of
from asora.kernel.door import Action
from asora.kernel.pages import AsoraRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """One kind of file: its columns, the action that takes it, and what its page says.

    `check(act, upload, **options)`: what an import would do; `load(…)`: the import. Both raise refusals, and need no
    request. `finish(request, done)`: where to go after an import. `context(request, outcome)`: what the template needs
    beside what is listed there. `lines_of(outcome)`: refused lines of what would be imported all the same.
    `options`: the choices of `FileForm` that this kind has, by name; `check` and `load` take them. `as_json`,
    `from_json`: an outcome as a job keeps it, and back.
    """

    kind: str
    action: Action[..., Any]
    check: Callable[..., Any]
    load: Callable[..., Any]
    finish: Callable[[AsoraRequest, Any], HttpResponse]
    template: str
    title: Any
    route: str
    back_title: Any
    back_route: str
    columns: Sequence[FileColumn]
    example: str
    as_json: Callable[[Any], dict[str, Any]]
    from_json: Callable[[Mapping[str, Any]], Any]
    aliases: Mapping[str, str] = field(default_factory=dict)
    cells_of: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    context: Callable[[AsoraRequest, Any], Mapping[str, Any]] = lambda request, outcome: {}
    lines_of: Callable[[Any], Mapping[Any, Any]] = lambda outcome: {}

    def reads(self, upload: Upload) -> bool:
        """Whether it is known which column of a file is which."""
        return bool(places_of(upload, self.columns, self.aliases))


FILES: dict[str, FileKind] = {}


def offer(kind: FileKind) -> None:
    """Let pages and the worker find a kind of file by its word."""
    FILES[kind.kind] = kind
