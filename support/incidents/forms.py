"""Forms of incidents. They do not save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from asora.kernel.forms import ActionForm
from asora.kernel.refusals import CODES, Reason
from asora.kernel.shapes import Values
from support.incidents import rules
from support.incidents.models import Incident, IncidentEntry

SEVERITIES = [
    (1, _("1: data may be wrong or lost")),
    (2, _("2: several tenants cannot work")),
    (3, _("3: one tenant cannot work")),
    (4, _("4: a misunderstanding")),
]


def _code() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Code"), required=False, choices=[("", _("Any")), *((each.code, each.code) for each in CODES)]
    )


def _reason() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Reason in the event"),
        required=False,
        choices=[("", _("Any")), *((each.value, each.value) for each in Reason)],
    )


def _action() -> forms.RegexField:
    return forms.RegexField(
        r"^[a-z_]+(\.[a-z_]+)+\Z",
        label=_("Action"),
        required=False,
        max_length=80,
        help_text=_("As in the audit trail, for example ledger.receipt.post."),
        widget=forms.TextInput(attrs={"class": "is-code", "autocomplete": "off", "spellcheck": "false"}),
    )


class OpenForm(ActionForm):
    """A new incident."""

    title = forms.CharField(label=_("Title"), max_length=160)
    severity = forms.TypedChoiceField(label=_("Severity"), coerce=int, choices=SEVERITIES, initial=2)
    notice = forms.CharField(
        label=_("Notice to customers"),
        required=False,
        max_length=4000,
        help_text=_("Write what is affected and when the next update comes. Sev1 needs one."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    code = _code()
    action = _action()
    reason = _reason()


class OfIncident(ActionForm):
    """A form about one incident."""

    def __init__(self, *arguments: Any, incident: Incident, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.record = incident

    def values(self) -> Values:
        """The arguments of the action."""
        return {"incident": self.record, **getattr(self, "cleaned_data", {})}


class EntryForm(OfIncident):
    """An entry of the log."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            (value, capfirst(label))
            for value, label in IncidentEntry.Kind.choices
            if value in rules.WRITTEN_BY_HAND
        ],
    )
    text = forms.CharField(label=_("Text"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))


class StateForm(OfIncident):
    """Another state."""

    state = forms.ChoiceField(label=_("State"), choices=Incident.State.choices)


class ErrorForm(OfIncident):
    """An error that belongs to the incident."""

    code = _code()
    action = _action()
    reason = _reason()
