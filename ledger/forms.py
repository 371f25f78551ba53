"""The shape of what people type and upload to move stock. Nothing here saves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.importing import LineErrors
from asora.kernel.refusals import Reason, Refusal, ValidationFailed
from inventory.models import Barcode, Bin, Hub, Item, Vendor
from ledger.drafts import Draft, DraftLine
from ledger.imports.files import MovementFile, read_movements
from ledger.models import Kind

MAX_LINES = 500


def figure_input() -> forms.TextInput:
    """A field for an exact figure: never type=number, which rounds and scrolls values away."""
    return forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "is-figure"})


class ReceiptHead(forms.Form):
    """What a delivery has once: vendor, reference, day. `submission` makes sending it twice harmless."""

    vendor = forms.CharField(
        label=gettext_lazy("Vendor"),
        max_length=40,
        help_text=gettext_lazy("Its code; type to choose."),
        widget=forms.TextInput(attrs={"list": "vendors", "class": "is-code", "autocomplete": "off"}),
    )
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=80,
        help_text=gettext_lazy("Delivery note or purchase order."),
    )
    effective_on = forms.DateField(
        label=gettext_lazy("Received on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    hub = forms.CharField(
        label=gettext_lazy("Hub"),
        max_length=40,
        help_text=gettext_lazy("Where the bins below are, unless a bin says HUB/BIN."),
        widget=forms.Select,
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)
    submission = forms.UUIDField(widget=forms.HiddenInput)


class ReceiptLine(forms.Form):
    """One line: what, where, how many, at what cost each."""

    sku = forms.CharField(
        label=gettext_lazy("SKU or barcode"),
        max_length=64,
        required=False,
        widget=forms.TextInput(
            attrs={"class": "is-code", "autocomplete": "off", "placeholder": gettext_lazy("Scan or type")}
        ),
    )
    bin = forms.CharField(
        label=gettext_lazy("Bin"),
        max_length=81,
        required=False,
        widget=forms.TextInput(attrs={"class": "is-code", "autocomplete": "off", "data-carry": "bin"}),
    )
    quantity = forms.DecimalField(
        label=gettext_lazy("Quantity"), max_digits=20, decimal_places=4, required=False, widget=figure_input()
    )
    unit_cost = forms.DecimalField(
        label=gettext_lazy("Unit cost"),
        max_digits=26,
        decimal_places=6,
        required=False,
        widget=figure_input(),
    )

    def has_been_used(self) -> bool:
        """Whether something is to be received here; a bin alone was only carried over from the line above."""
        typed = ("sku", "quantity", "unit_cost")
        return any(str(self.data.get(self.add_prefix(name), "")).strip() for name in typed)


ReceiptLines = forms.formset_factory(
    ReceiptLine, extra=1, max_num=MAX_LINES, validate_max=True, absolute_max=MAX_LINES + 1
)


class ReceiptForm:
    """Head and lines as the one thing that the door judges; every error is at the field or line it is about.

    `hubs`: the hubs that exist. That one of them is not granted is for the door to say.
    """

    def __init__(
        self,
        values: Mapping[str, Any] | None = None,
        *,
        initial: Mapping[str, Any] | None = None,
        hubs: Iterable[Hub] = (),
    ) -> None:
        self.head = ReceiptHead(values, initial={"submission": uuid4(), **(initial or {})})
        self.head.fields["hub"].widget.choices = [(hub.code, f"{hub.code} · {hub.name}") for hub in hubs]
        self.lines = ReceiptLines(values, prefix="lines")
        self._hubs: dict[int, Hub] = {}
        self._draft_lines: list[DraftLine] = []
        self._line_errors = LineErrors()
        self._vendor: Vendor | None = None
        self._names: dict[int, str] = {}
        self._line_refusals: dict[int, list[dict[str, str]]] = {}

    def is_valid(self) -> bool:
        """Whether head and lines can be read, and name things that exist."""
        shape = [self.head.is_valid(), self.lines.is_valid()]
        self._read_head()
        self._read_lines()
        return all(shape) and not self.head.errors and not self._line_errors

    def values(self) -> dict[str, Any]:
        """The arguments of `receive`; what could not be read is left out."""
        head = self.head.cleaned_data
        known: dict[str, Any] = {"hubs": list(self._hubs.values()), "reference": head.get("reference", "")}
        if self._vendor and not self.head.errors and not self._line_errors:
            known["draft"] = Draft(
                kind=Kind.RECEIPT,
                submission=head["submission"],
                effective_on=head["effective_on"],
                lines=self._draft_lines,
                reference=head["reference"],
                vendor_id=self._vendor.pk,
                note=head["note"],
            )
        return known

    def refusal(self) -> ValidationFailed:
        """Everything that is wrong, at its field and at its line."""
        fields = {
            name: [
                {"reason": _reason_of(error), "message": str(message)}
                for error in errors.as_data()
                for message in error.messages
            ]
            for name, errors in self.head.errors.items()
        }
        for message in self.lines.non_form_errors():
            fields.setdefault("lines", []).append({"reason": str(Reason.TOO_LARGE), "message": str(message)})
        lines = {str(number): entries for number, entries in sorted(self._line_errors.lines.items())}
        entries = [*fields.values(), *lines.values()]
        reasons = {entry["reason"] for group in entries for entry in group}
        return ValidationFailed(
            entries[0][0]["message"] if len(entries) == 1 else None,
            reason=Reason(reasons.pop()) if len(reasons) == 1 else Reason.INVALID_INPUT,
            details={"fields": fields, "lines": lines},
        )

    def show(self, refusal: Refusal) -> None:
        """Put a refusal of the door at the fields and lines that it is about, for the page."""
        for name, entries in refusal.details.get("fields", {}).items():
            for entry in entries:
                known = name if name in self.head.fields else None
                if entry["message"] not in self.head.errors.get(known or "__all__", []):
                    self.head.add_error(known, entry["message"])
        for number, entries in refusal.details.get("lines", {}).items():
            self._line_refusals[int(number)] = entries
            form = self.lines.forms[int(number) - 1]
            for entry in entries:
                known = entry["field"] if entry["field"] in form.fields else None
                if entry["message"] not in form.errors.get(known or "__all__", []):
                    form.add_error(known, entry["message"])

    def rows(self) -> list[dict[str, Any]]:
        """The lines as the page draws them: the form, the item's name, and what was refused about it."""
        return [
            {
                "form": form,
                "name": self._names.get(number, ""),
                "refusals": self._line_refusals.get(number, []),
            }
            for number, form in enumerate(self.lines.forms, start=1)
        ]

    def _read_head(self) -> None:
        code = self.head.cleaned_data.get("vendor", "").strip() if hasattr(self.head, "cleaned_data") else ""
        self._vendor = Vendor.objects.filter(code__iexact=code).first() if code else None
        if code and self._vendor is None:
            self._refuse_head("vendor", Reason.UNKNOWN_VENDOR, _("There is no such vendor."))
        hub_code = self.head.cleaned_data.get("hub", "").strip()
        hub = Hub.objects.filter(code__iexact=hub_code).first() if hub_code else None
        if hub is not None:
            self._hubs[hub.pk] = hub
        elif hub_code:
            self._refuse_head("hub", Reason.UNKNOWN_HUB, _("There is no such hub."))

    def _refuse_head(self, name: str, reason: Reason, message: str) -> None:
        self.head.add_error(name, forms.ValidationError(message, code=str(reason)))

    def _read_lines(self) -> None:
        used = [
            (number, form) for number, form in enumerate(self.lines.forms, start=1) if form.has_been_used()
        ]
        if not used:
            self.head.add_error(
                None, forms.ValidationError(_("A receipt has at least one line."), code=str(Reason.NO_DATA))
            )
        items = _items_by_code(_typed(form, "sku") for _number, form in used)
        bins = self._bins_by_address(used)
        for number, form in used:
            self._read_line(number, form, items, bins)

    def _read_line(
        self, number: int, form: ReceiptLine, items: dict[str, Item], bins: dict[str, Bin]
    ) -> None:
        for name, errors in form.errors.items():
            for message in errors:
                self._line_errors.add(number, name, Reason.INVALID_INPUT, message)
        cells = getattr(form, "cleaned_data", {})
        item = items.get(_typed(form, "sku").casefold())
        bin_ = self._bin_of(form, item, bins)
        if item is not None:
            self._names[number] = item.name
        if item is None and "sku" not in form.errors:
            self._line_errors.add(number, "sku", Reason.UNKNOWN_ITEM, _("There is no such item."))
        if bin_ is None and "bin" not in form.errors and (item is not None or _typed(form, "bin")):
            self._line_errors.add(number, "bin", Reason.UNKNOWN_BIN, _("There is no such bin in this hub."))
        for name in ("quantity", "unit_cost"):
            if cells.get(name) is None and name not in form.errors:
                self._line_errors.add(number, name, Reason.INVALID_INPUT, _("This is needed."))
        if bin_ is not None:
            self._hubs[bin_.hub_id] = bin_.hub
        if item is not None and bin_ is not None and number not in self._line_errors:
            self._draft_lines.append(
                DraftLine(
                    number=number,
                    item_id=item.pk,
                    bin_id=bin_.pk,
                    quantity=cells.get("quantity", Decimal(0)),
                    unit_cost=cells.get("unit_cost", Decimal(0)),
                )
            )

    def _bins_by_address(self, used: Iterable[tuple[int, ReceiptLine]]) -> dict[str, Bin]:
        typed = {_typed(form, "bin") for _number, form in used}
        codes = {code for text in typed for code in (text, text.partition("/")[2]) if code}
        rows: QuerySet[Bin] = Bin.objects.select_related("hub").filter(
            code__in={*codes, *map(str.upper, codes)}
        )
        return {bin_.address.casefold(): bin_ for bin_ in rows}

    def _bin_of(self, form: ReceiptLine, item: Item | None, bins: dict[str, Bin]) -> Bin | None:
        """A bin of the hub above, or HUB/BIN; a bin's own code may have a slash. Left empty: the put-away bin."""
        typed = _typed(form, "bin")
        if not typed:
            return item.putaway_bin if item else None
        hub_code = str(getattr(self.head, "cleaned_data", {}).get("hub", "")).strip()
        return bins.get(f"{hub_code}/{typed}".casefold()) or bins.get(typed.casefold())


class UploadForm(forms.Form):
    """A CSV file, or the same as pasted text."""

    file = forms.FileField(label=gettext_lazy("CSV file"), required=False, max_length=255)
    text = forms.CharField(
        label=gettext_lazy("or paste it here"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        validators=[ProhibitNullCharactersValidator()],
    )
    skip_refused = forms.BooleanField(
        label=gettext_lazy("Leave out every delivery that has a refused line"), required=False
    )


class MovementUpload:
    """A file of movements as the door judges it: read once, refused as a whole when it cannot be read."""

    def __init__(self, kind: Kind, content: bytes, *, name: str, skip_refused: bool = False) -> None:
        self.kind = kind
        self.content = content
        self.name = name
        self.skip_refused = skip_refused
        self._file: MovementFile | None = None
        self._refusal: Refusal | None = None

    def is_valid(self) -> bool:
        """Whether it is a table of movements; lines that are wrong in themselves are for the action to refuse."""
        try:
            self._file = read_movements(self.kind, self.content)
        except ValidationFailed as refusal:
            self._refusal = refusal
        return self._file is not None

    def values(self) -> dict[str, Any]:
        """The arguments of an action that imports movements."""
        if self._file is None:
            return {"name": self.name}
        return {"file": self._file, "name": self.name, "skip_refused": self.skip_refused}

    def refusal(self) -> Refusal:
        """Why the file could not be read."""
        return self._refusal or ValidationFailed()


def _typed(form: forms.Form, name: str) -> str:
    return str(getattr(form, "cleaned_data", {}).get(name) or "").strip()


def _items_by_code(codes: Iterable[str]) -> dict[str, Item]:
    wanted = {code for code in codes if code}
    upper = {*wanted, *map(str.upper, wanted)}
    found = {
        barcode.code.casefold(): barcode.item
        for barcode in Barcode.objects.select_related("item__putaway_bin__hub").filter(code__in=wanted)
    }
    items = Item.objects.select_related("putaway_bin__hub").filter(sku__in=upper)
    return found | {item.sku.casefold(): item for item in items}


def _reason_of(error: forms.ValidationError) -> str:
    return str(error.code if error.code in Reason.__members__ else Reason.INVALID_INPUT)
