"""The forms of the steps. They look at shape only and do not save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.kernel.forms import ActionForm
from asora.kernel.shapes import Values
from support.investigations.determinations import DETERMINATIONS
from support.investigations.scope import Scope
from support.investigations.words import BACK_LABELS, CLAIM_LABELS, FOUND_LABELS, STEP_TITLES, VERDICT_LABELS
from support.tickets.models import Ticket

#: Which part of a page sent a form: the ticket page, or the investigation on a page of its own.
FROM = "from"


class ScopeForm(forms.Form):
    """Where to look for the request: an item in a place, an integration, a person, and a period (UTC)."""

    item = forms.CharField(label=_("Item (SKU)"), required=False, max_length=64)
    hub = forms.CharField(label=_("Hub"), required=False, max_length=64)
    bin = forms.CharField(label=_("Bin"), required=False, max_length=64)
    integration = forms.CharField(label=_("Integration"), required=False, max_length=80)
    person = forms.CharField(label=_("Person (id)"), required=False, max_length=40)
    since = forms.DateTimeField(label=_("Since (UTC)"), required=False)
    until = forms.DateTimeField(label=_("Until (UTC)"), required=False)

    def scope(self) -> Scope:
        """What the form names; invalid fields limit nothing."""
        self.is_valid()
        return Scope(**{name: value for name, value in self.cleaned_data.items() if value})


class StepForm(ActionForm):
    """The form of one step of one ticket. `seen_round`: the round that the page showed."""

    seen_round = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, ticket: Ticket, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.ticket = ticket

    def values(self) -> Values:
        """The arguments of the action."""
        return {"ticket": self.ticket, **getattr(self, "cleaned_data", {})}


class BeginForm(ActionForm):
    """Step 1 has nothing to fill in."""

    def __init__(self, *arguments: Any, ticket: Ticket, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.ticket = ticket

    def values(self) -> Values:
        """The arguments of the action."""
        return {"ticket": self.ticket}


class RequestForm(StepForm):
    """Step 2: chosen requests, and one that the agent types, with the scope in which they were looked for."""

    request_ids = forms.TypedMultipleChoiceField(required=False)
    request_id = forms.CharField(label=_("Another request id"), required=False, max_length=64)
    found_by = forms.ChoiceField(choices=list(FOUND_LABELS.items()), required=False)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        field: Any = self.fields["request_ids"]
        field.valid_value = lambda _value: True  # the action looks in the tenant's trail

    def values(self) -> Values:
        """The arguments of the action."""
        given = super().values()
        typed = given.pop("request_id", "")
        chosen = [*given.pop("request_ids", ()), *([typed] if typed else [])]
        return {
            **given,
            "request_ids": chosen,
            "found_by": given.get("found_by") or ("ticket" if chosen == [self.ticket.about] else "candidate"),
            "scope": ScopeForm(self.data).scope(),
        }


class EventForm(StepForm):
    """Step 3: chosen events."""

    records = forms.TypedMultipleChoiceField(required=False)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        field: Any = self.fields["records"]
        field.valid_value = lambda _value: True


class OutcomeForm(StepForm):
    """Step 4: the event that decided."""

    link = forms.UUIDField(required=False)


class ReportForm(StepForm):
    """Step 5: for each claim of the report, whether the facts match."""

    who = forms.ChoiceField(choices=list(VERDICT_LABELS.items()), label=CLAIM_LABELS["who"])
    what = forms.ChoiceField(choices=list(VERDICT_LABELS.items()), label=CLAIM_LABELS["what"])
    when = forms.ChoiceField(choices=list(VERDICT_LABELS.items()), label=CLAIM_LABELS["when"])
    where = forms.ChoiceField(choices=list(VERDICT_LABELS.items()), label=CLAIM_LABELS["where"])
    result = forms.ChoiceField(choices=list(VERDICT_LABELS.items()), label=CLAIM_LABELS["result"])


class BackForm(StepForm):
    """Another round: which step is done again, and why."""

    to = forms.TypedChoiceField(
        label=_("Go back to"),
        coerce=int,
        choices=[(int(number), f"{int(number)}. {title}") for number, title in STEP_TITLES.items()],
    )
    why = forms.ChoiceField(label=_("Why"), choices=list(BACK_LABELS.items()))


class CheckForm(StepForm):
    """Check the guarantees: nothing to fill in."""


class DetermineForm(StepForm):
    """The determination."""

    key = forms.ChoiceField(choices=[(key, one.label) for key, one in DETERMINATIONS.items()])
