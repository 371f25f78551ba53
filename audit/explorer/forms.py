"""The filter of the audit trail as a form, filled from the URL."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.days import DayField
from asora.kernel.refusals import ValidationFailed
from asora.kernel.shapes import Values
from audit.explorer import facets, labels
from audit.explorer.event_query import EventQuery
from audit.explorer.naming import hubs_of
from audit.explorer.queries import people


class DayOrMomentField(DayField):
    """A day, or a moment as the links of the trail write it. `EventQuery` reads it."""

    def to_python(self, value: Any) -> Any:
        """The text as it was written."""
        return str(value or "").strip()


def _chosen(label: Any) -> forms.CharField:
    # Not a ChoiceField: erased people and old actions are not on offer, but their events can be filtered too.
    return forms.CharField(label=label, required=False, widget=forms.Select)


def _typed(label: Any) -> forms.CharField:
    attrs = {"class": "is-code", "spellcheck": "false", "autocomplete": "off"}
    return forms.CharField(label=label, required=False, widget=forms.TextInput(attrs=attrs))


class EventFilter(forms.Form):
    """The filters of an `EventQuery`, which checks them. `cleaned_data` is its parameters."""

    outcome = _chosen(_("Outcome"))
    action = _chosen(_("What"))
    actor = _chosen(_("Who"))
    code = _chosen(_("Rule"))
    reason = _chosen(_("Reason"))
    hub = _chosen(_("Hub"))
    record = _typed(_("Record"))
    request = _typed(_("Request id"))
    since = DayOrMomentField(label=_("From"), required=False)
    until = DayOrMomentField(label=_("To"), required=False)
    rule = forms.CharField(required=False, widget=forms.HiddenInput)
    route = forms.CharField(required=False, widget=forms.HiddenInput)
    compare = forms.CharField(required=False, widget=forms.HiddenInput)  # no filter: see the views

    def narrow(self, act: Act) -> None:
        """Offer the values that occur in the events that this reader may see."""
        values = facets.occurring(act.actor)
        self._offer("outcome", labels.of_outcomes(values.outcome))
        self._offer("action", labels.of_actions(values.action))
        self._offer("actor", labels.of_people(values.actor, dict(people())), anything=_("Anybody"))
        self._offer("code", labels.of_codes(values.code))
        self._offer("reason", labels.of_reasons(values.reason))
        hubs = hubs_of(act.actor)
        self._offer("hub", hubs, anything=_("Any hub"))
        if not (hubs or self.data.get("hub")):
            del self.fields["hub"]
        for name in ("since", "until"):
            if "T" in self.data.get(name, ""):  # a moment, which a control for days cannot show
                self.fields[name].widget = forms.TextInput(attrs={"class": "is-code"})

    def _offer(self, name: str, choices: labels.Choices, *, anything: Any = "") -> None:
        """Give a field its choices, and the one in the URL even if it is not among them."""
        offered = [("", str(anything or _("Any"))), *choices]
        asked = self.data.get(name, "")
        if asked and asked not in dict(offered):
            offered.append((asked, asked))
        widget = self.fields[name].widget
        if isinstance(widget, forms.Select):
            widget.choices = offered

    def clean(self) -> Values:
        """The parameters of the query; every error of it is at its field."""
        cleaned: Values = super().clean() or {}
        try:
            return dict(EventQuery.from_params(cleaned).as_params())
        except ValidationFailed as refusal:
            for name, errors in refusal.details["fields"].items():
                for error in errors:
                    self.add_error(name, forms.ValidationError(error["message"], code=error["reason"]))
        return cleaned
