"""The forms of the page of seals. They check shape only."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.kernel.forms import ActionForm
from asora.kernel.shapes import Values

MAX_NOTE = 4_000
YES, NO = "yes", "no"


class SubscriptionForm(ActionForm):
    """Whether one gets receipts by e-mail."""

    wanted = forms.ChoiceField(choices=[(YES, YES), (NO, NO)])

    def values(self) -> Values:
        """The arguments of the action."""
        return {"wanted": getattr(self, "cleaned_data", {}).get("wanted") == YES}


class ReceiptForm(ActionForm):
    """A receipt that somebody kept."""

    receipt = forms.CharField(
        label=_("Receipt"),
        max_length=MAX_NOTE,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false", "class": "mono"}),
        help_text=_("The whole text of the file or e-mail attachment."),
        error_messages={"required": _("Paste the text of a receipt.")},
    )

    def values(self) -> Values:
        """The arguments of the action."""
        note = str(getattr(self, "cleaned_data", {}).get("receipt", ""))
        return {"note": note.replace("\r\n", "\n").strip("\n") + "\n"}
