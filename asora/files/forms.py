"""The forms of a file's page: which file, and which of its columns is which of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from asora.files import staging
from asora.files.columns import FileColumn
from asora.files.csv_form import SendingForm, nothing_sent
from asora.files.models import Upload, upload_of
from asora.kernel.act import Act
from asora.kernel.csv.columns import LONGEST_NAME, Head, head_of
from asora.kernel.forms import ActionForm
from asora.kernel.refusals import Refusal, RouteNotFound, ValidationFailed

PREFIX = "column-"
LONGEST_SAMPLE = 24


class FileForm(SendingForm):
    """A CSV file: chosen, pasted, or one that was sent before. Valid, it has an `upload_found`."""

    upload = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    skip_refused = forms.BooleanField(
        label=_("Leave out every document that has a refused line"), required=False
    )
    old_days = forms.BooleanField(label=_("Days more than ten years back are right"), required=False)

    #: The answer to "Post another?" about documents whose reference is in the ledger: the newest posting asked about.
    another = forms.IntegerField(required=False, min_value=1, max_value=10**18, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, *, act: Act, kind: str, **options: Any) -> None:
        super().__init__(data, files, **options)
        self._act, self._kind = act, kind
        self._gone: RouteNotFound | None = None
        self.upload_found: Upload | None = None

    def clean(self) -> dict[str, Any]:
        """Which of the three it is."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        before = self._sent_before(cleaned["upload"])
        if sent := self.sent():
            self.upload_found = self._arrived(*sent, before)
        elif before is not None:
            self.upload_found = before
        elif self._gone is not None:
            raise ValidationError(self._gone.message)
        else:
            raise nothing_sent()
        return cleaned

    def _sent_before(self, number: str) -> Upload | None:
        if not number:
            return None
        try:
            return staging.find(self._act, self._kind, number)
        except RouteNotFound as gone:
            self._gone = gone
            return None

    def _arrived(self, name: str, content: bytes, before: Upload | None) -> Upload:
        """A new file; where the columns of the one before it are called the same, they mean the same."""
        made = upload_of(kind=self._kind, name=name, content=content, actor_ref=self._act.actor.ref)
        if known := staging.same(self._act, self._kind, made.sha256):
            known.name = name
            return known
        if before is not None and before.mapping and _names(before.as_sent) == _names(content):
            made.mapping = before.mapping
        return made

    def values(self) -> dict[str, Any]:
        """What the door learns of a file that never came to be one: nothing."""
        return {}

    def refusal(self) -> Refusal:
        """Why there is nothing to import; the door asks."""
        if self._gone is not None and self.upload_found is None:
            return self._gone
        return super().refusal()


def _names(content: bytes) -> tuple[str, ...] | None:
    try:
        return head_of(content).columns
    except ValidationFailed:
        return None


class ColumnSelect(forms.Select):
    """The columns of a file, each with what stands in it first, for the script that shows it beside the choice."""

    head: Head

    def create_option(self, name: str, value: Any, *args: Any, **options: Any) -> dict[str, Any]:
        """One column."""
        made: dict[str, Any] = super().create_option(name, value, *args, **options)
        if str(value):
            place = int(str(value))
            made["attrs"]["data-sample"] = sample_text(self.head.cells(place))
            made["attrs"]["data-name"] = self.head.columns[place - 1][:LONGEST_NAME] or gettext("(empty)")
        return made


def sample_text(cells: Sequence[str]) -> str:
    """The first cells of a column, as one line."""
    return " · ".join(cell for cell in cells if cell)


class MappingForm(ActionForm):
    """For each column of ours, the column of the file that holds it, or none."""

    def __init__(
        self, data: Any = None, *, head: Head, columns: Sequence[FileColumn], chosen: Mapping[str, str]
    ) -> None:
        initial = {f"{PREFIX}{name}": number for number, name in chosen.items()}
        super().__init__(data, initial=initial)
        self.head, self.columns = head, columns
        choices = [(str(place), _label(head, place)) for place in range(1, len(head.columns) + 1)]
        for column in columns:
            widget = ColumnSelect(attrs={"class": "control", "data-column": True})
            widget.head = head
            self.fields[f"{PREFIX}{column.name}"] = forms.ChoiceField(
                widget=widget,
                label=column.name,
                help_text=column.meaning,
                required=column.is_needed,
                choices=[("", _("Not in the file")), *choices],
                error_messages={
                    "required": _("Choose the column of the file that holds this."),
                    "invalid_choice": _("The file has no such column."),
                },
            )

    def clean(self) -> dict[str, Any]:
        """No column of the file is two of ours, and there are no others of ours."""
        cleaned: dict[str, Any] = super().clean() or {}
        takers: dict[str, list[str]] = {}
        for name, number in cleaned.items():
            if number:
                takers.setdefault(number, []).append(name)
        for names in takers.values():
            for name in names if len(names) > 1 else ():
                self.add_error(name, gettext("One column of the file cannot be two of these."))
        if any(name.startswith(PREFIX) and name not in self.fields for name in self.data):
            raise ValidationError(gettext("There is no such column in a file of this kind."))
        return cleaned

    @property
    def mapping(self) -> dict[str, str]:
        """The number of each column of the file that is used, to the name of ours."""
        return {number: name.removeprefix(PREFIX) for name, number in self.cleaned_data.items() if number}

    def values(self) -> dict[str, Any]:
        """What the door learns of a mapping that is none: nothing."""
        return {}

    @property
    def rows(self) -> list[tuple[Any, FileColumn, str]]:
        """Each select, with the column of ours that it is for and what the chosen column of the file holds."""
        samples = {str(place): self.head.cells(place) for place in range(1, len(self.head.columns) + 1)}
        bound = [(self[f"{PREFIX}{column.name}"], column) for column in self.columns]
        return [(one, column, sample_text(samples.get(str(one.value()), ()))) for one, column in bound]

    @property
    def not_used(self) -> list[str]:
        """The columns of the file that none of ours is made of, as it calls them."""
        used = {str(self[name].value() or "") for name in self.fields}
        return [
            name[:LONGEST_NAME] or gettext("(empty)")
            for place, name in enumerate(self.head.columns, start=1)
            if str(place) not in used
        ]


def maps_columns(posted: Mapping[str, Any]) -> bool:
    """Whether what was posted says which column is which."""
    return any(name.startswith(PREFIX) for name in posted)


def _label(head: Head, place: int) -> str:
    """A column of the file by its name, or by its place where it has none or shares it."""
    name = head.columns[place - 1]
    if not name or head.columns.count(name) > 1:
        name = gettext("%(name)s (column %(place)s)") % {"name": name[:LONGEST_NAME] or "?", "place": place}
    sample = next((cell for cell in head.cells(place) if cell), "")[:LONGEST_SAMPLE]
    return f"{name[:LONGEST_NAME]} · {sample}" if sample else name[:LONGEST_NAME]
