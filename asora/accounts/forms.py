"""The forms by which people prove who they are."""

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.accounts.carrying import LONGEST
from asora.accounts.resubmission import LONGEST_SEALED


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
    #: The form that was sent after the session had ended, encrypted (see `asora.accounts.resubmission`).
    sealed = forms.CharField(required=False, max_length=LONGEST_SEALED, widget=forms.HiddenInput)


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


class _Carrying(forms.Form):
    """Where to continue after a proof, and the form to send there (see `asora.accounts.carrying`)."""

    next = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)
    carried = forms.CharField(required=False, max_length=LONGEST, strip=False, widget=forms.HiddenInput)
    is_sent = forms.BooleanField(required=False, widget=forms.HiddenInput)
    left_out = forms.BooleanField(required=False, widget=forms.HiddenInput)


class ConfirmByPassword(_Carrying):
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


class ConfirmByCode(_Carrying, CodeForm):
    """Confirm with a code from the app or a recovery code."""

    def values(self) -> dict[str, str]:
        """The arguments of the action."""
        return {"one_time_code": self.cleaned_data.get("one_time_code", "")}


class NewPasswordForm(forms.Form):
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
