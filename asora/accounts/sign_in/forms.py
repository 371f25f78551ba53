"""The shape of addresses and passwords that people type."""

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.accounts.sign_in.sealed_resubmission import MAX_SEALED_LENGTH
from asora.kernel.forms import ActionForm


class SignInForm(forms.Form):
    """Address and password. The form does not check whether they are correct."""

    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    next = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
    #: The form that was sent after the session had ended, encrypted (see `asora.accounts.sign_in.sealed_resubmission`).
    sealed = forms.CharField(required=False, max_length=MAX_SEALED_LENGTH, widget=forms.HiddenInput)


class NewPasswordForm(ActionForm):
    """A new password, twice."""

    new_password = forms.CharField(
        label=_("New password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_(
            "At least 12 characters. Several words are easier to remember than one word with special characters."
        ),
    )
    again = forms.CharField(
        label=_("Repeat the new password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        """Require both passwords to be the same."""
        again: str = self.cleaned_data["again"]
        if "new_password" in self.cleaned_data and again != self.cleaned_data["new_password"]:
            raise forms.ValidationError(_("This differs from the new password above."))
        return again

    def values(self) -> dict[str, str]:
        """The arguments of the action."""
        return {name: text for name, text in getattr(self, "cleaned_data", {}).items() if name != "again"}


class ChangePasswordForm(NewPasswordForm):
    """The current password and a new one."""

    old_password = forms.CharField(
        label=_("Current password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    field_order = ("old_password", "new_password", "again")


class ForgottenForm(forms.Form):
    """The address to send a link to. The form never reveals whether an account has it."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
