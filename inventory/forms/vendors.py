"""Forms of vendors."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from asora.kernel.permissions import Permission
from asora.kernel.shapes import StrOrPromise
from inventory.forms.fields import code_field, name_field
from inventory.forms.records import Filters, RecordForm, Row, Section, state_field


class VendorForm(RecordForm):
    """Code and name; for people with the permission also the eligibility."""

    noun = "vendor"
    fixed = ("code", "eligible")
    code = code_field()
    name = name_field()
    eligible = forms.BooleanField(
        label=_("Eligible: deliveries may be received"), required=False, initial=True
    )

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        if self.record is None and not self.act.actor.may(Permission.INVENTORY_VENDOR_ELIGIBILITY):
            del self.fields["eligible"]

    @property
    def sections(self) -> list[Section]:
        """All fields, and the note that another person decides about the eligibility."""
        rows = [*self.rows("code", "name"), *(Row(row.bound, css="is-full") for row in self.rows("eligible"))]
        note: StrOrPromise = ""
        if self.record is None and "eligible" not in self.fields:
            note = _("The new vendor is not eligible until somebody with the permission makes it eligible.")
        return [Section(_("What it is"), rows, note=note)]


class EligibilityForm(RecordForm):
    """The button that changes a vendor's eligibility."""

    noun = "vendor"
    fixed = ()
    eligible = forms.BooleanField(required=False, widget=forms.HiddenInput)


class VendorFilters(Filters):
    """Filters vendors by eligibility, text and state."""

    eligible = forms.ChoiceField(
        label=_("Eligibility"),
        required=False,
        choices=[("", _("All")), ("yes", _("Eligible")), ("no", _("Not eligible"))],
    )
    state = state_field()
