"""What the forms of all nouns have in common: the one for a record, and the one that filters a list of records."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.forms import ActionForm
from inventory.models import MasterRecord


class RecordForm(ActionForm):
    """A new record, or the edit of one that exists: then without what never changes, and with its version."""

    noun: ClassVar[str] = ""  # what the actions call the record
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

    def values(self) -> dict[str, Any]:
        """What the action gets, as far as the form could read it."""
        values = dict(getattr(self, "cleaned_data", {}))
        return values if self.record is None else values | {self.noun: self.record}


STATES = [("", _("Active")), ("archived", _("Archived")), ("all", _("All"))]


class Filters(forms.Form):
    """What all lists of master data are filtered by."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Code or name")}),
    )


def state_field() -> forms.ChoiceField:
    """Active ones unless asked otherwise."""
    return forms.ChoiceField(label=_("State"), required=False, choices=STATES)


class RecordFilters(Filters):
    """Text and state: categories and hubs."""

    state = state_field()
