"""The shape of what people type to show who they are."""

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.accounts.carrying import LONGEST
from asora.accounts.resubmission import LONGEST_SEALED


class SignInForm(forms.Form):
    """Address and password; whether they are one and belong to somebody is not the form's business."""

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
    #: What was sent when the session had ended (see `asora.accounts.resubmission`).
    sealed = forms.CharField(required=False, max_length=LONGEST_SEALED, widget=forms.HiddenInput)


class CodeForm(forms.Form):
    """A code from the app, or one from paper; which of them, its shape says."""

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
    """The same, named for what is on paper."""

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
    """Where to go on after a proof, and what to send there (see `asora.accounts.carrying`)."""

    next = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)
    carried = forms.CharField(required=False, max_length=LONGEST, strip=False, widget=forms.HiddenInput)
    is_sent = forms.BooleanField(required=False, widget=forms.HiddenInput)
    left_out = forms.BooleanField(required=False, widget=forms.HiddenInput)


class ConfirmByPassword(_Carrying):
    """The password once more."""

    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )

    def values(self) -> dict[str, str]:
        """What the door is asked with."""
        return {"password": self.cleaned_data.get("password", "")}


class ConfirmByCode(_Carrying, CodeForm):
    """A code from the app, or one from paper."""

    def values(self) -> dict[str, str]:
        """What the door is asked with."""
        return {"one_time_code": self.cleaned_data.get("one_time_code", "")}


class NewPasswordForm(forms.Form):
    """A new password, twice."""

    new_password = forms.CharField(
        label=_("New password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters. Several words are easier to remember than one with signs."),
    )
    again = forms.CharField(
        label=_("The same once more"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        """The same, or one of the two was mistyped."""
        again: str = self.cleaned_data["again"]
        if "new_password" in self.cleaned_data and again != self.cleaned_data["new_password"]:
            raise forms.ValidationError(_("This differs from the new password above."))
        return again

    def values(self) -> dict[str, str]:
        """What the door is asked with."""
        return {name: text for name, text in getattr(self, "cleaned_data", {}).items() if name != "again"}


class ChangePasswordForm(NewPasswordForm):
    """The old one and the new one."""

    old_password = forms.CharField(
        label=_("Present password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    field_order = ("old_password", "new_password", "again")


class ForgottenForm(forms.Form):
    """The address to send a link to; whether somebody here has it is nobody's business."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
