"""What people type to reverse a posting or an import."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy

from asora.kernel.forms import ActionForm
from asora.kernel.shapes import Values
from ledger.models import Posting


class ReversalForm(ActionForm):
    """Reverse a posting, or a batch of postings. `submission` makes sending it twice harmless."""

    note = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)
    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *arguments: Any, subject: Posting | UUID, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.subject = subject

    def values(self) -> Values:
        """The arguments of `reverse` or `reverse_batch`."""
        name = "posting" if isinstance(self.subject, Posting) else "batch"
        return {name: self.subject, **getattr(self, "cleaned_data", {})}
