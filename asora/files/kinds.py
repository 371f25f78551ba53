"""The kinds of files that can be imported. Each bounded context adds its own, as instances of a subclass."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

from django.http import HttpResponse

from asora.files.columns import FileColumn
from asora.files.models import Upload
from asora.files.refused_lines import places_of
from asora.kernel.act import Act
from asora.kernel.door import Action
from asora.kernel.pages import AsoraRequest
from asora.kernel.shapes import ReadOnlyValues, StrOrPromise, Values


class Outcome(Protocol):
    """What an import did, or what a check found that it would do."""

    @property
    def changes(self) -> bool:
        """Whether there is anything to import."""
        ...

    def to_json(self) -> Values:
        """The outcome as a job stores it."""
        ...

    @classmethod
    def from_json(cls, stored: ReadOnlyValues) -> Self:
        """The outcome that a job has stored."""
        ...


@dataclass(frozen=True, kw_only=True)
class FileKind(ABC):
    """One kind of file: its columns, the action that imports it, and its page.

    `kind` is the word that uploads and jobs store. `route` is the page of the file, `back_route` the page that links
    to it. Subclasses say what the files of one bounded context have in common: how the door gets a file (`form`), and
    what the page shows of an outcome.
    """

    kind: str
    action: Action[..., Any]
    title: StrOrPromise
    route: str
    back_title: StrOrPromise
    back_route: str
    columns: Sequence[FileColumn]
    example: str

    outcome_type: ClassVar[type[Outcome]]
    template: ClassVar[str]
    #: The choices of `FileForm` that this kind offers, by name. `check` and `load` take them as keyword arguments.
    options: ClassVar[tuple[str, ...]] = ()
    #: Other names of columns that are ours as well, and the column at which the faults of a field are shown.
    aliases: ClassVar[Mapping[str, str]] = {}
    cells_of: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def form(self, upload: Upload, **options: Any) -> Any:
        """The file as the door checks it (`asora.kernel.forms.DoorForm`)."""

    @abstractmethod
    def finish(self, request: AsoraRequest, outcome: Any) -> HttpResponse:
        """The answer to an import: a message and where to go next."""

    def check(self, act: Act, upload: Upload, **options: Any) -> Any:
        """What importing the file would do: every gate and rule; nothing is written but the event of a refusal.

        Refusals: those of the action. VALIDATION_FAILED has `columns` when the header needs a mapping, `fields` when
        the mapping is wrong, `lines` when lines are refused.
        """
        return self.action.check(act, self.form(upload, **options))

    def load(self, act: Act, upload: Upload, **options: Any) -> Any:
        """Import the file: all of it or nothing, and nothing that exists already. Refusals: those of `check`."""
        return self.action.submit(act, self.form(upload, **options))

    def context(self, request: AsoraRequest, outcome: Any) -> ReadOnlyValues:
        """What the template needs beside the context that `files/file.html` lists."""
        return {}

    def refused_lines(self, outcome: Any) -> Mapping[Any, Any]:
        """The refused lines of a file whose other lines would be imported: number to faults."""
        return {}

    def knows_columns(self, upload: Upload) -> bool:
        """Whether header and mapping say which column of the file is which."""
        return bool(places_of(upload, self.columns, self.aliases))


FILES: dict[str, FileKind] = {}


def offer(*kinds: FileKind) -> None:
    """Let pages and the worker find kinds of files by their word."""
    FILES.update({kind.kind: kind for kind in kinds})
