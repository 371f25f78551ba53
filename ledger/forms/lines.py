"""One line of a document: item, place, quantity, and the fields of its kind."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from asora.kernel.numbers import NumberField
from asora.kernel.shapes import StrOrPromise
from ledger.models import Kind
from ledger.posting.kinds import MOVEMENTS, Direction

MAX_LINES = 500


def _figure(label: StrOrPromise, *, digits: int, places: int) -> NumberField:
    return NumberField(label=label, most_digits=digits, places=places, required=False)


def _bin(label: StrOrPromise, **options: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "is-code", "autocomplete": "off", **options})
    return forms.CharField(label=label, max_length=81, required=False, widget=widget)


class DocumentLine(forms.Form):
    """The fields of lines of all kinds. `data-putaway`: the field that a scan fills with the item's put-away bin.

    `is_proposed`: the page filled that field in and nobody typed it, so the item's own bin takes precedence, even if
    the page did not learn of it in time.
    """

    sku = forms.CharField(
        label=gettext_lazy("SKU or barcode"),
        max_length=64,
        required=False,
        widget=forms.TextInput(
            attrs={"class": "is-code", "autocomplete": "off", "placeholder": gettext_lazy("Scan or type")}
        ),
    )
    bin = _bin(gettext_lazy("Bin"), **{"data-carry": "bin", "data-putaway": ""})
    quantity = _figure(gettext_lazy("Quantity"), digits=20, places=4)
    is_proposed = forms.BooleanField(required=False, widget=forms.HiddenInput)
    field_order = ("sku", "bin", "to_bin", "quantity", "unit_cost")

    @property
    def has_proposed_bin(self) -> bool:
        """Whether the page filled the bin in."""
        return bool(getattr(self, "cleaned_data", {}).get("is_proposed"))

    def has_been_used(self) -> bool:
        """Whether this line is to move something; a bin alone was only copied from the line above."""
        typed = ("sku", "quantity", "unit_cost")
        return any(str(self.data.get(self.add_prefix(name), "")).strip() for name in typed)


class PricedLine(DocumentLine):
    """A line that may name the unit cost."""

    unit_cost = _figure(gettext_lazy("Unit cost"), digits=26, places=6)


class TransferLine(DocumentLine):
    """A line from one bin to another."""

    bin = _bin(gettext_lazy("From bin"), **{"data-carry": "bin"})
    to_bin = _bin(gettext_lazy("To bin"), **{"data-carry": "to_bin", "data-putaway": ""})


class AdjustmentLine(DocumentLine):
    """A line that changes stock, down or up."""

    quantity = _figure(gettext_lazy("Change"), digits=20, places=4)
    quantity.widget.attrs |= {"inputmode": "text", "placeholder": gettext_lazy("-2 or 5")}


class PricedAdjustmentLine(AdjustmentLine, PricedLine):
    """The same for people who may see costs: they may give found stock a cost."""


def line_of(kind: Kind, *, sees_value: bool) -> type[DocumentLine]:
    """The form of a line. Receipts always have a cost; other kinds ask for it only people who may see costs."""
    movement = MOVEMENTS[kind]
    if movement.direction is Direction.SIGNED:
        return PricedAdjustmentLine if sees_value else AdjustmentLine
    if movement.direction is Direction.BETWEEN:
        return TransferLine
    return PricedLine if movement.needs_cost else DocumentLine
