"""The forms of onboarding, one for each step. They do not save; the door validates them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.kernel.forms import ActionForm
from asora.kernel.shapes import Values
from plans.models import Onboarding, OnboardingConfirmation, Tenant

CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "JPY", "CAD", "AUD")
ROLE_MODELS = [choice for choice in Tenant.RoleModel.choices if choice[0] != Tenant.RoleModel.PLATFORM]


class StartForm(ActionForm):
    """A new draft."""

    name = forms.CharField(
        label=_("Company"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("The name shown at the top of the company's pages."),
    )
    slug = forms.CharField(
        label=_("Name in addresses"),
        max_length=32,
        widget=forms.TextInput(
            attrs={"class": "is-code", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        help_text=_(
            "3 to 32 lowercase letters, digits and hyphens; starts with a letter. It cannot be changed later."
        ),
    )


class StepForm(ActionForm):
    """A form of one onboarding; the action gets the onboarding together with the typed values."""

    def __init__(self, *args: Any, onboarding: Onboarding, **options: Any) -> None:
        super().__init__(*args, **options)
        self.onboarding = onboarding

    def values(self) -> Values:
        """The arguments of the action."""
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
    """Step 3. Contains the plan and the role model that the page showed."""

    plan = forms.ChoiceField(choices=Tenant.Plan.choices, widget=forms.HiddenInput)
    role_model = forms.ChoiceField(choices=ROLE_MODELS, widget=forms.HiddenInput)
    costing = forms.ChoiceField(
        label=_("Costing"),
        choices=Tenant.Costing.choices,
        help_text=_("How issues are valued. It cannot be changed later."),
    )
    currency = forms.CharField(
        label=_("Currency"),
        min_length=3,
        max_length=3,
        widget=forms.TextInput(
            attrs={"class": "is-code", "autocomplete": "off", "list": "currencies", "size": 3}
        ),
        help_text=_("Three capital letters (ISO 4217). It cannot be changed later."),
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "time-zones", "spellcheck": "false"}),
        help_text=_("Decides when the company's day starts: Europe/Berlin, America/New_York …"),
    )

    def clean_currency(self) -> str:
        """Convert to capital letters."""
        return str(self.cleaned_data["currency"]).upper()


class OwnerForm(StepForm):
    """The first owner to invite."""

    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("The invitation is sent to this address only. Its link works once."),
    )

    def values(self) -> Values:
        """The arguments of the public action. The owner's name and address go to the tenant only."""
        return {"onboarding": self.onboarding}

    def person(self) -> dict[str, str]:
        """The owner's name and address."""
        return {name: self.cleaned_data[name] for name in ("name", "email")}
