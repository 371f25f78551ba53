"""The form that saves a search, and the one that deletes it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.kernel.forms import ActionForm
from asora.kernel.refusals import ValidationFailed
from asora.kernel.shapes import ReadOnlyValues
from audit.explorer.event_query import EventQuery
from audit.explorer.query_text import MAX_TEXT


class SearchForm(ActionForm):
    """A query, its name, and who sees it."""

    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("For example: Refusals at NORTH. The name is not written to the audit trail."),
    )
    query = forms.CharField(
        label=_("Query"),
        max_length=MAX_TEXT,
        widget=forms.TextInput(attrs={"class": "is-code", "spellcheck": "false", "autocomplete": "off"}),
    )
    is_shared = forms.BooleanField(
        label=_("Share with everybody who reads the audit trail here"), required=False
    )

    def clean_query(self) -> EventQuery:
        """The query. A text that is none is refused at this field."""
        try:
            return EventQuery.parse(self.cleaned_data["query"])
        except ValidationFailed as refusal:
            raise forms.ValidationError(str(refusal.message)) from refusal


class DeletionForm(ActionForm):
    """Delete a search. There is nothing to fill in."""

    def __init__(self, *args: Any, search: UUID, **options: Any) -> None:
        super().__init__(*args, **options)
        self._search = search

    def values(self) -> ReadOnlyValues:
        """The arguments of the action."""
        return {"search": self._search}
