"""Short forms: what is taken back and why, what is decided about a request, and one reason of the list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from ledger.models import AdjustmentReason, AdjustmentRequest, Posting


def _note() -> forms.CharField:
    return forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)


class ReversalForm(forms.Form):
    """Take back a posting, or a batch of them. `submission` makes sending it twice harmless."""

    note = _note()
    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *arguments: Any, about: Posting | UUID, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.about = about

    def values(self) -> dict[str, Any]:
        """The arguments of `reverse` or `reverse_batch`."""
        name = "posting" if isinstance(self.about, Posting) else "batch"
        return {name: self.about, **getattr(self, "cleaned_data", {})}


class DecisionForm(forms.Form):
    """Post or decline what was asked for."""

    note = _note()

    def __init__(self, *arguments: Any, request: AdjustmentRequest, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.request = request

    def values(self) -> dict[str, Any]:
        """The arguments of `post_request` and `decline_request`."""
        return {"request": self.request, **getattr(self, "cleaned_data", {})}


class PostingForm(DecisionForm):
    """Post what was asked for, with the answers to what was asked about it (`ledger.posting.questions`)."""

    def values(self) -> dict[str, Any]:
        """The arguments of `post_request`."""
        return super().values() | {"confirmed": frozenset(every_value(self.data, "confirm"))}


def every_value(values: Mapping[str, Any] | None, name: str) -> list[str]:
    """All values of a name, of a post or of plain values."""
    if values is None:
        return []
    return values.getlist(name) if isinstance(values, QueryDict) else list(values.get(name, ()))


class ReasonForm(forms.Form):
    """A reason for the list; of one that is there already, only the name."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=60,
        help_text=gettext_lazy("Stays for ever."),
        widget=forms.TextInput(attrs={"class": "is-code", "autocomplete": "off"}),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)

    def __init__(self, *arguments: Any, reason: AdjustmentReason | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.reason = reason
        if reason is not None:
            del self.fields["code"]

    def values(self) -> dict[str, Any]:
        """The arguments of `add_reason` or `rename_reason`."""
        known = {"reason": self.reason} if self.reason else {}
        return known | getattr(self, "cleaned_data", {})
