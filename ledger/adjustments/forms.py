"""What people type to decide an adjustment request, and to add or rename a reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from asora.kernel.forms import ActionForm
from asora.kernel.shapes import Values
from ledger.forms.answers import answers
from ledger.models import AdjustmentReason, AdjustmentRequest


class DecisionForm(ActionForm):
    """Post or decline a request."""

    note = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)

    def __init__(self, *arguments: Any, request: AdjustmentRequest, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.request = request

    def values(self) -> Values:
        """The arguments of `post_request` and `decline_request`."""
        return {"request": self.request, **getattr(self, "cleaned_data", {})}


class PostingForm(DecisionForm):
    """Post a request, with the answers to the questions about it (`ledger.posting.questions`)."""

    def values(self) -> Values:
        """The arguments of `post_request`."""
        return super().values() | {"confirmed": answers(self.data)}


class ReasonForm(ActionForm):
    """A reason of the list; for an existing reason, only its name."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=60,
        help_text=gettext_lazy("The code cannot be changed later."),
        widget=forms.TextInput(attrs={"class": "is-code", "autocomplete": "off"}),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)

    def __init__(self, *arguments: Any, reason: AdjustmentReason | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.reason = reason
        if reason is not None:
            del self.fields["code"]

    def values(self) -> Values:
        """The arguments of `add_reason` or `rename_reason`."""
        known = {"reason": self.reason} if self.reason else {}
        return known | getattr(self, "cleaned_data", {})
