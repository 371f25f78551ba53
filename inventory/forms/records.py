"""The base classes of the forms of all nouns: the form of a record, and the filter of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.forms import ActionForm
from asora.kernel.shapes import StrOrPromise, Values
from inventory.models import MasterRecord


@dataclass(frozen=True, slots=True)
class Row:
    """A field of a form, as its page shows it: `css` for its place in the grid, `unit` beside the control."""

    bound: forms.BoundField
    css: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together. `summary`: they are folded away under it unless `is_open`."""

    legend: Any
    rows: Sequence[Row]
    note: StrOrPromise = ""
    summary: StrOrPromise = ""
    is_open: bool = False


class RecordForm(ActionForm):
    """The form of a new record, or of an edit: then without the fields that never change, and with the version."""

    noun: ClassVar[str] = ""  # the name of the record among the action's arguments
    fixed: ClassVar[tuple[str, ...]] = ("code",)

    def __init__(
        self, data: Any = None, *, act: Act, record: MasterRecord | None = None, **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.act, self.record = act, record
        if record is not None:
            for name in self.fixed:
                del self.fields[name]
            self.fields["version"] = forms.IntegerField(
                min_value=1, max_value=2**31, widget=forms.HiddenInput
            )
            self.initial = {name: getattr(record, name, None) for name in self.fields}

    @property
    def sections(self) -> list[Section]:
        """The fields as the page groups them: in one section, unless a form says otherwise."""
        return [Section(_("What it is"), self.rows(*self.fields))]

    def rows(self, *names: str) -> list[Row]:
        """Those of these fields that the form has and people see."""
        return [Row(self[name]) for name in names if name in self.fields and not self[name].is_hidden]

    def values(self) -> Values:
        """The arguments of the action, as far as the form could read them."""
        values = dict(getattr(self, "cleaned_data", {}))
        return values if self.record is None else values | {self.noun: self.record}


STATES = [("", _("Active")), ("archived", _("Archived")), ("all", _("All"))]


class Filters(forms.Form):
    """The filter that all lists of master data have: text."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Code or name")}),
    )


def state_field() -> forms.ChoiceField:
    """The filter by state; empty means active records."""
    return forms.ChoiceField(label=_("State"), required=False, choices=STATES)


class RecordFilters(Filters):
    """Filters categories and hubs by text and state."""

    state = state_field()
