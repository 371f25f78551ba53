"""The forms that freeze a tenant, write down the root cause, and open it again. They do not save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.kernel.forms import ActionForm
from asora.kernel.refusals import Reason
from asora.kernel.shapes import Values
from plans import rules
from plans.models import FreezeToggle, Tenant

MAX_KEY = 2**63 - 1


def _shown() -> forms.IntegerField:
    """The number of the root cause that the page showed; 0: none."""
    return forms.IntegerField(
        label=_("Root cause that was shown"), min_value=0, max_value=MAX_KEY, widget=forms.HiddenInput
    )


class _FreezeForm(ActionForm):
    """A form about one tenant."""

    def __init__(
        self, *arguments: Any, tenant: Tenant, written: FreezeToggle | None = None, **options: Any
    ) -> None:
        super().__init__(*arguments, **options)
        self.tenant = tenant
        self.initial = {"shown": written.pk if written else 0, **self.initial}

    def values(self) -> Values:
        """The arguments of the action."""
        return {"tenant": self.tenant, **getattr(self, "cleaned_data", {})}


class StartForm(_FreezeForm):
    """The reason of a freeze."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=rules.MAX_REASON,
        help_text=_(
            "Everybody in the tenant sees the reason on every page, and it stays in the history permanently."
            " Do not name people."
        ),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean_reason(self) -> str:
        """Require one line of ordinary text."""
        try:
            return rules.reason(self.cleaned_data["reason"])
        except rules.RuleBroken as broken:
            raise forms.ValidationError(str(broken), code=Reason.INVALID_INPUT) from broken


class ExplainForm(_FreezeForm):
    """The root cause of a freeze."""

    shown = _shown()
    root_cause = forms.CharField(
        label=_("Root cause"),
        help_text=_(
            "What went wrong, how you know, and what prevents it from happening again. The text stays in the history"
            " and in the tenant's audit trail permanently. Do not name people."
        ),
        widget=forms.Textarea(attrs={"rows": 8}),
    )

    def clean_root_cause(self) -> str:
        """Require lines of ordinary text."""
        try:
            return rules.root_cause(self.cleaned_data["root_cause"])
        except rules.RuleBroken as broken:
            raise forms.ValidationError(str(broken), code=Reason.INVALID_INPUT) from broken


class EndForm(_FreezeForm):
    """The approval of the root cause that was shown."""

    shown = _shown()
