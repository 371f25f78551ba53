"""Filters of the queue and of attempts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.refusals import Reason
from asora.kernel.request_ids import SHAPE
from integrations.dispatch.models import Attempt
from integrations.outbox.models import Payload

MAX_NUMBER = 2**63 - 1


class QueueFilter(forms.Form):
    """Which payloads of an endpoint are listed. `find`: a number or a request id, as `{lookup: value}` once clean."""

    find = forms.CharField(
        label=gettext_lazy("Number or request id"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"class": "is-code", "autocomplete": "off", "spellcheck": "false"}),
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("All")), *Payload.State.choices],
    )

    def clean_find(self) -> dict[str, Any]:
        """The lookup that the text means; empty for an empty text."""
        text = str(self.cleaned_data["find"]).strip()
        if not text:
            return {}
        if text.isdecimal() and text.isascii() and 0 < int(text) <= MAX_NUMBER:
            return {"number": int(text)}
        if SHAPE.match(text):
            return {"request_id": text}
        raise forms.ValidationError(
            _("Enter the number of a payload, such as 12, or a whole request id."),
            code=str(Reason.INVALID_INPUT),
        )


class AttemptFilter(forms.Form):
    """Which attempts of an endpoint are listed."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        required=False,
        choices=[("", gettext_lazy("All")), *Attempt.Outcome.choices],
    )
