"""What is typed while onboarding: one form per step. None of them saves; the door judges them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from plans.models import Onboarding, OnboardingConfirmation, Tenant

CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "JPY", "CAD", "AUD")
ROLE_MODELS = [choice for choice in Tenant.RoleModel.choices if choice[0] != Tenant.RoleModel.PLATFORM]


class StartForm(forms.Form):
    """A new draft."""

    name = forms.CharField(
        label=_("Company"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("As it will stand at the top of their pages."),
    )
    slug = forms.CharField(
        label=_("Name in addresses"),
        max_length=32,
        widget=forms.TextInput(
            attrs={"class": "is-code", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        help_text=_("3 to 32 small letters, digits and hyphens, a letter first. It never changes."),
    )

    def values(self) -> dict[str, Any]:
        """What the action is called with."""
        return getattr(self, "cleaned_data", {})


class StepForm(forms.Form):
    """A form of one onboarding, which goes to the action with what was typed."""

    def __init__(self, *args: Any, onboarding: Onboarding, **options: Any) -> None:
        super().__init__(*args, **options)
        self.onboarding = onboarding

    def values(self) -> dict[str, Any]:
        """What the action is called with."""
        return {"onboarding": self.onboarding} | getattr(self, "cleaned_data", {})


class ConfirmForm(StepForm):
    """One of the five confirmations."""

    kind = forms.ChoiceField(choices=OnboardingConfirmation.Kind.choices, widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": _("How you know")}),
        error_messages={"required": _("Write down how you know.")},
    )


class PlanForm(StepForm):
    """Step 1."""

    plan = forms.ChoiceField(label=_("Plan"), choices=Tenant.Plan.choices, widget=forms.RadioSelect)


class RolesForm(StepForm):
    """Step 2."""

    role_model = forms.ChoiceField(label=_("Role model"), choices=ROLE_MODELS, widget=forms.RadioSelect)


class TenantForm(StepForm):
    """Step 3. Plan and role model as they stood on the page that was sent."""

    plan = forms.ChoiceField(choices=Tenant.Plan.choices, widget=forms.HiddenInput)
    role_model = forms.ChoiceField(choices=ROLE_MODELS, widget=forms.HiddenInput)
    costing = forms.ChoiceField(
        label=_("Costing"),
        choices=Tenant.Costing.choices,
        help_text=_("How issues are valued. It never changes."),
    )
    currency = forms.CharField(
        label=_("Currency"),
        min_length=3,
        max_length=3,
        widget=forms.TextInput(
            attrs={"class": "is-code", "autocomplete": "off", "list": "currencies", "size": 3}
        ),
        help_text=_("Three capital letters (ISO 4217). It never changes."),
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "time-zones", "spellcheck": "false"}),
        help_text=_("Where their day begins: Europe/Berlin, America/New_York …"),
    )

    def clean_currency(self) -> str:
        """In capital letters."""
        return str(self.cleaned_data["currency"]).upper()


class OwnerForm(StepForm):
    """Who is asked to come first."""

    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("The link goes there, and nowhere else. It is good once."),
    )

    def values(self) -> dict[str, Any]:
        """What the public action is called with: who it is stands in the tenant only."""
        return {"onboarding": self.onboarding}

    def person(self) -> dict[str, str]:
        """Who it is."""
        return {name: self.cleaned_data[name] for name in ("name", "email")}
