"""The form that requests access to a tenant. It does not save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.kernel.forms import ActionForm
from asora.kernel.refusals import Reason
from asora.kernel.shapes import Values
from plans.models import Tenant
from support.access import rules


class RequestForm(ActionForm):
    """Why an agent needs to look into a tenant, and for how long."""

    ticket = forms.CharField(
        label=_("Ticket"),
        required=False,
        max_length=rules.MAX_TICKET,
        widget=forms.TextInput(attrs={"class": "is-code", "autocomplete": "off", "spellcheck": "false"}),
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=rules.MAX_REASON,
        help_text=_("The tenant reads it. Do not name people. A ticket or a reason is enough."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    minutes = forms.TypedChoiceField(
        label=_("Minutes"),
        coerce=int,
        choices=[(number, str(number)) for number in rules.MINUTES],
        initial=30,
    )

    def __init__(self, *arguments: Any, tenant: Tenant, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.tenant = tenant

    def values(self) -> Values:
        """The arguments of the action."""
        return {"tenant": self.tenant, **getattr(self, "cleaned_data", {})}

    def clean_ticket(self) -> str:
        """Require one line of ordinary text."""
        return self._line("ticket", rules.MAX_TICKET)

    def clean_reason(self) -> str:
        """Require one line of ordinary text."""
        return self._line("reason", rules.MAX_REASON)

    def clean(self) -> Values:
        """Require a ticket or a reason."""
        cleaned: Values = super().clean() or {}
        if not self.errors and not cleaned.get("ticket") and not cleaned.get("reason"):
            message = _("Enter a ticket or a reason. The tenant can read both.")
            self.add_error("reason", forms.ValidationError(message, code=Reason.INVALID_INPUT))
        return cleaned

    def _line(self, name: str, most: int) -> str:
        try:
            return rules.one_line(self.cleaned_data[name], most=most)
        except rules.RuleBroken as broken:
            raise forms.ValidationError(str(broken), code=Reason.INVALID_INPUT) from broken
