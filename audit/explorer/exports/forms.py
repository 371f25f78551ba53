"""The requests to copy an event and to export a slice."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.kernel.forms import ActionForm
from asora.kernel.refusals import ValidationFailed
from asora.kernel.shapes import ReadOnlyValues
from audit.events.models import Event
from audit.explorer.event_query import EventQuery
from audit.explorer.formats.catalogue import FORMATS, Format


class _FormatForm(ActionForm):
    format = forms.ChoiceField(
        label=_("Format"),
        choices=[(form.name, form.label) for form in FORMATS.values()],
        error_messages={"invalid_choice": _("Choose one of the formats."), "required": _("Choose a format.")},
    )

    def _chosen(self) -> Format | None:
        return FORMATS.get(self.cleaned_data.get("format", "")) if self.is_bound and self.is_valid() else None


class CopyForm(_FormatForm):
    """A request to copy one event, which the view has loaded."""

    def __init__(self, *args: Any, event: Event, **options: Any) -> None:
        super().__init__(*args, **options)
        self._event = event

    def values(self) -> ReadOnlyValues:
        """The arguments of `copy_event`."""
        return {"event": self._event, "name": str(self._event.pk), "form": self._chosen()}


class ExportForm(_FormatForm):
    """A request to export the events of a query, as the query bar writes it; empty: all events."""

    query = forms.CharField(label=_("Filter"), required=False, max_length=2_000, widget=forms.HiddenInput)

    def clean_query(self) -> EventQuery:
        """The query. A text that is none is refused at this field."""
        try:
            return EventQuery.parse(self.cleaned_data["query"])
        except ValidationFailed as refusal:
            raise forms.ValidationError(str(refusal.message)) from refusal

    def values(self) -> ReadOnlyValues:
        """The arguments of `start_export`."""
        return {"query": self.cleaned_data.get("query"), "form": self._chosen()} if self.is_valid() else {}
