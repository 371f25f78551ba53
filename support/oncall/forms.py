"""Forms of contacts. They do not save."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from asora.kernel.forms import ActionForm
from asora.kernel.shapes import Values
from support.oncall.models import Contact, Page


class ChangeForm(ActionForm):
    """How a contact is called."""

    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    phone = forms.CharField(
        label=_("Phone"), max_length=40, required=False, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    notes = forms.CharField(
        label=_("Notes"),
        max_length=300,
        required=False,
        help_text=_("For example the hours, or what to try first."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *arguments: Any, contact: Contact | None = None, **options: Any) -> None:
        if contact is not None:
            options.setdefault(
                "initial",
                {
                    "name": contact.name,
                    "email": contact.email,
                    "phone": contact.phone,
                    "notes": contact.notes,
                },
            )
        super().__init__(*arguments, **options)
        self.record = contact

    def values(self) -> Values:
        """The arguments of the action."""
        cleaned = dict(getattr(self, "cleaned_data", {}))
        return cleaned if self.record is None else {"contact": self.record, **cleaned}


class ContactForm(ChangeForm):
    """A new contact with its duty."""

    duty = forms.ChoiceField(
        label=_("Duty"), choices=[(value, capfirst(label)) for value, label in Contact.Duty.choices]
    )
    field_order = ("duty", "name", "email", "phone", "notes")


class CallForm(ActionForm):
    """Takes one call."""

    def __init__(self, *arguments: Any, call: Page, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.record = call

    def values(self) -> Values:
        """The arguments of the action."""
        return {"call": self.record}


class RetireForm(ActionForm):
    """Retires one contact."""

    def __init__(self, *arguments: Any, contact: Contact, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.record = contact

    def values(self) -> Values:
        """The arguments of the action."""
        return {"contact": self.record}
