"""The forms of the tenant list's filter and of a plan change."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.kernel.forms import ActionForm
from asora.kernel.refusals import Reason
from asora.kernel.shapes import Values
from plans import rules
from plans.models import Tenant

ROLE_MODELS = [(value, label) for value, label in Tenant.RoleModel.choices if value != "platform"]


class TenantFilter(forms.Form):
    """The filter of the list of tenants."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name or address")}),
    )
    plan = forms.ChoiceField(label=_("Plan"), required=False, choices=[("", _("Any")), *Tenant.Plan.choices])
    role_model = forms.ChoiceField(
        label=_("Role model"), required=False, choices=[("", _("Any")), *ROLE_MODELS]
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("Any")),
            ("open", _("Open")),
            ("frozen", _("Frozen")),
            ("unopened", _("Not opened yet")),
            ("missing", _("Schema missing")),
        ],
    )


class PlanForm(ActionForm):
    """The new plan of a tenant, and the reason. `from_plan` is the plan that the form showed."""

    from_plan = forms.CharField(max_length=12, widget=forms.HiddenInput)
    to_plan = forms.ChoiceField(label=_("New plan"), choices=Tenant.Plan.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=rules.MAX_REASON,
        help_text=_(
            "The reason stays in the history permanently, and the tenant's owner can read it. Do not name people."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *arguments: Any, tenant: Tenant, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.tenant = tenant
        self.initial = {"from_plan": tenant.plan, **self.initial}

    def clean_reason(self) -> str:
        """Require one line of ordinary text."""
        try:
            return rules.reason(self.cleaned_data["reason"])
        except rules.RuleBroken as broken:
            raise forms.ValidationError(str(broken), code=Reason.INVALID_INPUT) from broken

    def values(self) -> Values:
        """The arguments of `change_plan`."""
        return {"tenant": self.tenant, **getattr(self, "cleaned_data", {})}
