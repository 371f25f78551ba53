"""The forms of an import page: the choice of a file, and the mapping of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from asora.files import staging
from asora.files.columns import FileColumn
from asora.files.csv_form import CsvForm, no_file
from asora.files.models import Upload, upload_of
from asora.kernel.act import Act
from asora.kernel.csv.columns import MAX_NAME_LENGTH, Head, head_of
from asora.kernel.forms import ActionForm
from asora.kernel.refusals import Refusal, RouteNotFound, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues, Values

PREFIX = "column-"
MAX_SAMPLE = 24


class FileForm(CsvForm):
    """A CSV file: chosen, pasted, or sent before. `is_valid` sets `upload_found`."""

    upload = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    skip_refused = forms.BooleanField(label=_("Skip every document that has a refused line"), required=False)
    old_days = forms.BooleanField(label=_("Dates more than ten years ago are correct"), required=False)

    #: The confirmation to post documents whose reference is already in the ledger: the newest posting asked about.
    another = forms.IntegerField(required=False, min_value=1, max_value=10**18, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, *, act: Act, kind: str, **options: Any) -> None:
        super().__init__(data, files, **options)
        self._act, self._kind = act, kind
        self._gone: RouteNotFound | None = None
        self.upload_found: Upload | None = None

    def clean(self) -> Values:
        """Find the file: chosen, pasted or sent before."""
        cleaned: Values = super().clean() or {}
        if self.errors:
            return cleaned
        before = self._sent_before(cleaned["upload"])
        if sent := self.received():
            self.upload_found = self._arrived(*sent, before)
        elif before is not None:
            self.upload_found = before
        elif self._gone is not None:
            raise ValidationError(self._gone.message)
        else:
            raise no_file()
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
        """A new file. If its columns have the same names as those of the file before, it gets the same mapping."""
        made = upload_of(kind=self._kind, name=name, content=content, actor_ref=self._act.actor.ref)
        if known := staging.same(self._act, self._kind, made.sha256):
            known.name = name
            return known
        if before is not None and before.mapping and _names(before.as_sent) == _names(content):
            made.mapping = before.mapping
        return made

    def values(self) -> Values:
        """Nothing: the door sees this form only if there is no file."""
        return {}

    def refusal(self) -> Refusal:
        """The reason why there is nothing to import, for the door."""
        if self._gone is not None and self.upload_found is None:
            return self._gone
        return super().refusal()


def _names(content: bytes) -> tuple[str, ...] | None:
    try:
        return head_of(content).columns
    except ValidationFailed:
        return None


class ColumnSelect(forms.Select):
    """A select for the columns of a file, with their first cells for the script that shows them beside the choice."""

    head: Head

    def create_option(self, name: str, value: object, *args: Any, **options: Any) -> Values:
        """The option of one column."""
        made: Values = super().create_option(name, value, *args, **options)
        if str(value):
            place = int(str(value))
            made["attrs"]["data-sample"] = sample_text(self.head.cells(place))
            made["attrs"]["data-name"] = self.head.columns[place - 1][:MAX_NAME_LENGTH] or gettext("(empty)")
        return made


def sample_text(cells: Sequence[str]) -> str:
    """The first cells of a column, as one line."""
    return " · ".join(cell for cell in cells if cell)


class MappingForm(ActionForm):
    """For each of our columns, the column of the file that contains it, or none."""

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
                    "required": _("Choose the column of the file that contains this."),
                    "invalid_choice": _("The file has no column with this number."),
                },
            )

    def clean(self) -> Values:
        """Refuse a column of the file that is chosen twice, and names that are not our columns."""
        cleaned: Values = super().clean() or {}
        takers: dict[str, list[str]] = {}
        for name, number in cleaned.items():
            if number:
                takers.setdefault(number, []).append(name)
        for names in takers.values():
            for name in names if len(names) > 1 else ():
                self.add_error(name, gettext("This column of the file is chosen more than once."))
        if any(name.startswith(PREFIX) and name not in self.fields for name in self.data):
            raise ValidationError(gettext("Files of this kind have no such column."))
        return cleaned

    @property
    def mapping(self) -> dict[str, str]:
        """The number of each used column of the file, to the name of our column."""
        return {number: name.removeprefix(PREFIX) for name, number in self.cleaned_data.items() if number}

    def values(self) -> Values:
        """Nothing: the door sees this form only if the mapping is wrong."""
        return {}

    @property
    def rows(self) -> list[tuple[Any, FileColumn, str]]:
        """Each select, with our column and the first cells of the chosen column of the file."""
        samples = {str(place): self.head.cells(place) for place in range(1, len(self.head.columns) + 1)}
        bound = [(self[f"{PREFIX}{column.name}"], column) for column in self.columns]
        return [(one, column, sample_text(samples.get(str(one.value()), ()))) for one, column in bound]

    @property
    def not_used(self) -> list[str]:
        """The names of the columns of the file that are not used."""
        used = {str(self[name].value() or "") for name in self.fields}
        return [
            name[:MAX_NAME_LENGTH] or gettext("(empty)")
            for place, name in enumerate(self.head.columns, start=1)
            if str(place) not in used
        ]


def maps_columns(posted: ReadOnlyValues) -> bool:
    """Returns True if the posted data contains a mapping."""
    return any(name.startswith(PREFIX) for name in posted)


def _label(head: Head, place: int) -> str:
    """The label of a column of the file: its name, with its number if it has no name or shares it."""
    name = head.columns[place - 1]
    if not name or head.columns.count(name) > 1:
        name = gettext("%(name)s (column %(place)s)") % {
            "name": name[:MAX_NAME_LENGTH] or "?",
            "place": place,
        }
    sample = next((cell for cell in head.cells(place) if cell), "")[:MAX_SAMPLE]
    return f"{name[:MAX_NAME_LENGTH]} · {sample}" if sample else name[:MAX_NAME_LENGTH]
