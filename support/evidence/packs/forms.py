"""The forms that ask for a pack. They do not save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.forms import ActionForm
from asora.kernel.refusals import Reason
from asora.kernel.request_ids import SHAPE
from asora.kernel.shapes import Values
from support.access import queries as access
from support.evidence.packs import rules
from support.evidence.packs.ledger_slice import Scope

CODE = {"class": "is-code", "autocomplete": "off", "spellcheck": "false"}


class StockForm(ActionForm):
    """Which stock is in a pack, and for whom it is."""

    item = forms.CharField(
        label=_("Item (SKU)"), required=False, max_length=80, widget=forms.TextInput(attrs=CODE)
    )
    hub = forms.CharField(label=_("Hub"), required=False, max_length=40, widget=forms.TextInput(attrs=CODE))
    bin = forms.CharField(label=_("Bin"), required=False, max_length=40, widget=forms.TextInput(attrs=CODE))
    since = forms.DateTimeField(
        label=_("Recorded from (UTC)"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    until = forms.DateTimeField(
        label=_("Recorded before (UTC)"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    recipient = forms.CharField(
        label=_("Recipient outside of Asora"),
        required=False,
        max_length=rules.MAX_RECIPIENT,
        help_text=_("If you name one, the file is encrypted, and its passphrase is shown once."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> Values:
        """Require a period that does not end before it begins."""
        cleaned: Values = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until <= since:
            message = _("Enter a moment after the first one.")
            self.add_error("until", forms.ValidationError(message, code=Reason.INVALID_INPUT))
        return cleaned

    def values(self) -> Values:
        """The arguments of the action."""
        given: Values = dict(getattr(self, "cleaned_data", {}))
        stock = {name: given.pop(name) for name in ("item", "hub", "bin", "since", "until") if name in given}
        return {**given, "scope": Scope(**stock)}


class TenantField(forms.ModelChoiceField):
    """A choice of tenants by name."""

    def label_from_instance(self, tenant: Any) -> str:
        """The name of a tenant."""
        return str(tenant.name)


class PackForm(StockForm):
    """A pack of some requests of one tenant."""

    tenant = TenantField(label=_("Tenant"), queryset=None, to_field_name="slug", empty_label=None)
    purpose = forms.CharField(
        label=_("Reference"),
        max_length=rules.MAX_PURPOSE,
        help_text=_("A ticket or another reference. The tenant reads it, and it is never erased."),
        widget=forms.TextInput(attrs=CODE),
    )
    requests = forms.CharField(
        label=_("Request ids"),
        help_text=_("One on each line. All events of each request are in the pack."),
        widget=forms.Textarea(attrs={"rows": 3} | CODE),
    )
    field_order = ("tenant", "purpose", "requests")

    def __init__(self, *arguments: Any, act: Act, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["tenant"].queryset = access.granted_tenants(act.actor)  # type: ignore[attr-defined]

    def clean_purpose(self) -> str:
        """Require a reference without spaces."""
        text: str = self.cleaned_data["purpose"]
        if not rules.is_reference(text):
            message = _("Use letters, digits and . _ / # - without spaces.")
            raise forms.ValidationError(message, code=Reason.INVALID_INPUT)
        return text

    def clean_requests(self) -> list[str]:
        """Require request ids, each once."""
        found = list(
            dict.fromkeys(line.strip() for line in self.cleaned_data["requests"].splitlines() if line.strip())
        )
        if len(found) > rules.MAX_REQUESTS:
            message = _("Enter at most %(most)s request ids.") % {"most": rules.MAX_REQUESTS}
            raise forms.ValidationError(message, code=Reason.TOO_LARGE)
        wrong = [text for text in found if not SHAPE.match(text)]
        if wrong:
            message = _("This is not a request id: %(text)s.") % {"text": wrong[0][:40]}
            raise forms.ValidationError(message, code=Reason.INVALID_INPUT)
        return found
