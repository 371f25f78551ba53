"""The forms that end a ticket or begin it again. They do not save."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from support.closing.actions import MAX_REASON
from support.replies.forms import HoldingForm


class ReopenForm(HoldingForm):
    """Why a ticket is opened again."""

    reason = forms.CharField(
        label=_("Reason"), max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 2})
    )
