"""The filter of the audit trail, filled from the URL."""

from __future__ import annotations

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.days import DayField
from asora.kernel.refusals import CODES
from asora.kernel.shapes import Values
from asora.kernel.words import SENTENCES
from audit.events.models import Event
from audit.explorer.queries import people

MAX_ID = 64


class EventFilter(forms.Form):
    """Filters events by outcome, action, code, reason, actor, record, request and days.

    `record`: the label of the record, or `inventory.item:5`, which also finds events that only touched the record.
    """

    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[("", _("Any")), *((name, name) for name in Event.Outcome.values)],
    )
    action = forms.ChoiceField(
        label=_("Action"),
        required=False,
        choices=lambda: [("", _("Any")), *((name, name) for name in sorted(SENTENCES))],
    )
    code = forms.ChoiceField(
        label=_("Rule"),
        required=False,
        choices=[("", _("Any")), *((refusal.code, refusal.code) for refusal in CODES)],
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=MAX_ID,
        validators=[ProhibitNullCharactersValidator()],
        widget=forms.TextInput(attrs={"class": "is-code", "spellcheck": "false", "autocomplete": "off"}),
    )
    # Not a ChoiceField: erased people and commands are not in the directory, but their events can be filtered too.
    actor = forms.CharField(label=_("Who"), required=False, max_length=40, widget=forms.Select)
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("To"), required=False)
    record = forms.CharField(
        label=_("Record"),
        required=False,
        max_length=200,
        validators=[ProhibitNullCharactersValidator()],
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )
    rule = forms.CharField(
        required=False,
        max_length=80,
        validators=[ProhibitNullCharactersValidator()],
        widget=forms.HiddenInput,
    )
    request = forms.CharField(
        label=_("Request id"),
        required=False,
        max_length=MAX_ID,
        widget=forms.TextInput(attrs={"class": "is-code", "spellcheck": "false"}),
    )

    def narrow(self, act: Act) -> None:
        """Offer the people of this tenant."""
        choices = [("", str(_("Anybody"))), *people()]
        asked = self.data.get("actor", "")
        if asked and asked not in dict(choices):
            choices.append((asked, asked))
        widget = self.fields["actor"].widget
        if isinstance(widget, forms.Select):
            widget.choices = choices

    def clean(self) -> Values:
        """Refuse a last day before the first."""
        cleaned: Values = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", _("The last day is before the first day. Enter a later day."))
        return cleaned
