"""The shape of codes, and of a fresh proof."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.accounts.sign_in.resubmission import MAX_LENGTH
from asora.kernel.forms import ActionForm


class CodeForm(forms.Form):
    """A code from the app or a recovery code. The shape of the code says which of them it is."""

    one_time_code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "none",
                "autofocus": True,
                "spellcheck": "false",
                "class": "is-code code-entry",
            }
        ),
    )


class RecoveryForm(CodeForm):
    """The same form, labelled for recovery codes."""

    one_time_code = forms.CharField(
        label=_("Recovery code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "autofocus": True,
                "spellcheck": "false",
                "class": "is-code code-entry",
                "placeholder": "xxxxx-xxxxx",
            }
        ),
    )


class _WithResubmission(ActionForm):
    """Where to continue after a proof, and the form to send there (see `asora.accounts.sign_in.resubmission`)."""

    next = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)
    carried = forms.CharField(required=False, max_length=MAX_LENGTH, strip=False, widget=forms.HiddenInput)
    is_sent = forms.BooleanField(required=False, widget=forms.HiddenInput)
    left_out = forms.BooleanField(required=False, widget=forms.HiddenInput)


class ConfirmByPassword(_WithResubmission):
    """Confirm with the password."""

    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def values(self) -> dict[str, str]:
        """The arguments of the action."""
        return {"password": self.cleaned_data.get("password", "")}


class ConfirmByCode(_WithResubmission, CodeForm):
    """Confirm with a code from the app or a recovery code."""

    def values(self) -> dict[str, str]:
        """The arguments of the action."""
        return {"one_time_code": self.cleaned_data.get("one_time_code", "")}
