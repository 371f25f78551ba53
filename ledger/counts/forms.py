"""Forms to open a count and to count. Nothing here saves, or reads the expected quantities."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.days import DayField
from asora.kernel.forms import ActionForm
from asora.kernel.numbers import NumberField, NumberRefused, refuse_ambiguous
from asora.kernel.refusals import Reason
from asora.kernel.shapes import Values
from inventory.forms.fields import CodeSelect
from inventory.models import Bin, Category, Hub, Item
from inventory.queries import Found, address_key, bins_by_address, by_code, items_by_code, permitted_hubs
from ledger.counts.figures import Figure
from ledger.models import CountSession
from ledger.reports.forms import CodesField

CODES = {"class": "is-code", "autocomplete": "off", "spellcheck": "false"}


class OpenCountForm(ActionForm):
    """A new count: hub, scope and tolerance. `submission` makes sending it twice harmless."""

    title = forms.CharField(
        label=gettext_lazy("Title"), max_length=80, validators=[ProhibitNullCharactersValidator()]
    )
    hub = forms.CharField(label=gettext_lazy("Hub"), max_length=40, widget=CodeSelect)
    assignee = forms.CharField(
        label=gettext_lazy("Assigned to"),
        max_length=40,
        required=False,
        widget=forms.Select,
        help_text=gettext_lazy("Others may count too. Each person's figures are separate."),
    )
    bins = CodesField(
        label=gettext_lazy("Bins"),
        widget=forms.TextInput(attrs=CODES),
        help_text=gettext_lazy("Codes, separated by spaces or commas. Leave empty for all bins."),
    )
    categories = CodesField(
        label=gettext_lazy("Categories"),
        widget=forms.TextInput(attrs=CODES),
        help_text=gettext_lazy("Subcategories are included. Leave empty for all categories."),
    )
    items = CodesField(
        label=gettext_lazy("Items"),
        widget=forms.TextInput(attrs=CODES),
        help_text=gettext_lazy("SKUs or barcodes. Leave empty for all items."),
    )
    not_counted_since = DayField(
        label=gettext_lazy("Not counted since"),
        required=False,
        help_text=gettext_lazy("Leaves out stock that was counted on or after this date."),
    )
    is_blind = forms.BooleanField(
        label=gettext_lazy("Blind: counters do not see the expected quantities"), required=False, initial=True
    )
    tolerance_kind = forms.ChoiceField(
        label=gettext_lazy("Tolerance"), choices=CountSession.ToleranceKind.choices
    )
    tolerance = NumberField(
        label=gettext_lazy("Up to"),
        most_digits=26,
        places=6,
        min_value=0,
        required=False,
        help_text=gettext_lazy("A line that differs by no more than this is approved automatically."),
    )
    submission = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, values: Any = None, *, act: Act, people: dict[str, str], **options: Any) -> None:
        options["initial"] = {"submission": uuid4(), **(options.get("initial") or {})}
        super().__init__(values, **options)
        hubs = permitted_hubs(act.actor).order_by("code").values_list("code", "name")
        widgets: Any = {name: self.fields[name].widget for name in ("hub", "assignee")}
        widgets["hub"].choices = [(code, f"{code} · {name}") for code, name in hubs]
        known = sorted(people.items(), key=lambda person: person[1])
        widgets["assignee"].choices = [("", _("Anyone")), *known]

    def clean_hub(self) -> Hub:
        """The hub. The door refuses a hub that is not granted."""
        code = self.cleaned_data["hub"]
        (hub,) = _all_found(by_code(Hub.objects.all(), [code]), [code], Reason.UNKNOWN_HUB)
        return hub

    def clean_categories(self) -> list[Category]:
        """The categories that are named."""
        codes = self.cleaned_data["categories"]
        return _all_found(by_code(Category.objects.all(), codes), codes, Reason.UNKNOWN_PARENT)

    def clean_items(self) -> list[Item]:
        """The items that are named, by SKU or barcode."""
        codes = self.cleaned_data["items"]
        return _all_found(items_by_code(codes), codes, Reason.UNKNOWN_ITEM)

    def clean(self) -> Values:
        """The named bins, in the named hub."""
        hub, codes = self.cleaned_data.get("hub"), self.cleaned_data.get("bins") or []
        tolerance = self.cleaned_data["tolerance"] = self.cleaned_data.get("tolerance") or Decimal(0)
        # A tolerance of "1.000" units that was meant as one would allow a thousand.
        if tolerance and self.cleaned_data.get("tolerance_kind") == CountSession.ToleranceKind.UNITS:
            _refuse_ambiguous(self, "tolerance", tolerance)
        if hub is not None and codes:
            try:
                addresses = [_address_in(hub, code) for code in codes]
                found = bins_by_address(addresses)
                self.cleaned_data["bins"] = _all_found(found, addresses, Reason.UNKNOWN_BIN)
            except forms.ValidationError as error:
                self.add_error("bins", error)
        return self.cleaned_data


def _refuse_ambiguous(form: forms.Form, name: str, number: Decimal) -> None:
    try:
        refuse_ambiguous(number)
    except NumberRefused as refused:
        form.add_error(name, forms.ValidationError(str(refused), code=str(refused.reason)))


def _all_found(found: Found[Any], codes: list[str], reason: Reason) -> list[Any]:
    """The records with these codes, each once. Errors: `reason`, CODE_AMBIGUOUS."""
    named = {code: found.get(code) for code in codes}
    for code in filter(found.is_ambiguous, codes):
        fault, message = found.missing(code, reason, "")
        raise forms.ValidationError(message, code=str(fault))
    if missing := [code for code, thing in named.items() if thing is None]:
        message = _("Not found: %(codes)s.") % {"codes": ", ".join(missing[:5])}
        raise forms.ValidationError(message, code=str(reason))
    return list(dict.fromkeys(named.values()))


def _address_in(hub: Hub, typed: str) -> str:
    """The address of a bin of this hub, given as its code or as HUB/BIN."""
    own = f"{hub.code_key}/"
    return typed if address_key(typed).startswith(own) else f"{hub.code}/{typed}"


class FigureForm(ActionForm):
    """The counted quantity of one item in one bin, as a form that the door checks."""

    sku = forms.CharField(max_length=64, validators=[ProhibitNullCharactersValidator()])
    bin = forms.CharField(max_length=81, validators=[ProhibitNullCharactersValidator()])
    quantity = NumberField(most_digits=20, places=4)

    def __init__(self, values: Any, *, session: CountSession) -> None:
        super().__init__(values)
        self.session = session
        self._item: Item | None = None
        self._bin: Bin | None = None

    def clean(self) -> Values:
        """Find the item and the bin."""
        sku = self.cleaned_data.get("sku", "")
        items = items_by_code([sku])
        self._item = items.get(sku)
        self._bin = bin_of(self.session, self.cleaned_data.get("bin", ""))
        if self._item is None and "sku" not in self.errors:
            reason, message = items.missing(sku, Reason.UNKNOWN_ITEM, _("No item has this SKU or barcode."))
            self.add_error("sku", forms.ValidationError(message, code=str(reason)))
        if self._bin is None and "bin" not in self.errors:
            error = forms.ValidationError(
                _("This hub has no bin with this code."), code=str(Reason.UNKNOWN_BIN)
            )
            self.add_error("bin", error)
        quantity = self.cleaned_data.get("quantity")
        if quantity is not None and self._item is not None and self._item.decimals == 0:
            _refuse_ambiguous(self, "quantity", quantity)
        return self.cleaned_data

    def values(self) -> Values:
        """The arguments of `record_counts`; values that could not be read are left out."""
        known: Values = {"session": self.session}
        if self._item and self._bin and not self.errors:
            known["figures"] = [Figure(1, self._item, self._bin, self.cleaned_data["quantity"])]
        return known


class ScanForm(ActionForm):
    """A scanned item in the chosen bin, as a form that the door checks."""

    bin = forms.CharField(required=False, max_length=81, validators=[ProhibitNullCharactersValidator()])
    code = forms.CharField(max_length=64, validators=[ProhibitNullCharactersValidator()])
    scan = forms.UUIDField()

    def __init__(self, values: Any, *, session: CountSession) -> None:
        super().__init__(values)
        self.session = session
        self.item: Item | None = None
        self.found_bin: Bin | None = None

    def clean(self) -> Values:
        """Find the scanned item, and its bin."""
        code = self.cleaned_data.get("code", "")
        items = items_by_code([code])
        self.item = items.get(code)
        self.found_bin = bin_of(self.session, self.cleaned_data.get("bin", ""))
        if self.item is None and "code" not in self.errors:
            message = _("Neither an item nor a bin of this hub has this code.")
            reason, message = items.missing(code, Reason.UNKNOWN_ITEM, message)
            self.add_error("code", forms.ValidationError(message, code=str(reason)))
        elif self.found_bin is None:
            message = _("Scan or choose the bin first.")
            self.add_error("bin", forms.ValidationError(message, code=str(Reason.UNKNOWN_BIN)))
        return self.cleaned_data

    def values(self) -> Values:
        """The arguments of `scan_one`; values that could not be read are left out."""
        known: Values = {"session": self.session}
        if self.item and self.found_bin and not self.errors:
            known |= {"item": self.item, "bin_": self.found_bin, "scan": self.cleaned_data["scan"]}
        return known


def bin_of(session: CountSession, typed: str) -> Bin | None:
    """The bin of the session's hub for a scanned or typed text: its code, or HUB/BIN."""
    inside = f"{session.hub.code}/{typed}"
    is_address = address_key(typed).startswith(f"{session.hub.code_key}/")
    bins = bins_by_address([inside, typed] if is_address else [inside])
    return bins.get(inside) or (bins.get(typed) if is_address else None)
