"""Filters of the queue and of attempts, and the question why nothing arrived."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.refusals import Reason
from asora.kernel.request_ids import SHAPE
from integrations.dispatch.models import Attempt
from integrations.endpoints.models import Endpoint
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


class WhyForm(forms.Form):
    """Which event the reader asks about, and at which endpoint. None is preselected, unless there is only one."""

    endpoint = forms.ModelChoiceField(
        label=gettext_lazy("Endpoint"),
        queryset=Endpoint.objects.none(),
        empty_label=gettext_lazy("Choose an endpoint"),
    )
    about = forms.CharField(
        label=gettext_lazy("Position, reference, request id or event id"),
        max_length=80,
        widget=forms.TextInput(attrs={"class": "is-code", "autocomplete": "off", "spellcheck": "false"}),
        validators=[ProhibitNullCharactersValidator()],
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        endpoints = Endpoint.everything.defer("url").order_by("removed_at", "name_key", "pk")
        field = cast(forms.ModelChoiceField, self.fields["endpoint"])
        field.queryset = endpoints
        if endpoints[:2].count() == 1:
            field.empty_label = None
