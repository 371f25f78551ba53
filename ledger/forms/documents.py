"""A document as it is typed: a head and lines, checked as one form; each error is at its field or line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _

from asora.kernel import keys
from asora.kernel.csv.reading import LineErrors
from asora.kernel.evidence import refused_lines, typed_fields, typed_in, typed_lines
from asora.kernel.forms import DoorForm
from asora.kernel.numbers import NumberRefused, refuse_ambiguous
from asora.kernel.refusals import Reason, Refusal, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues, Values
from inventory.models import Bin, Hub, Item, Vendor
from inventory.queries import Found, address_key, bins_by_address, by_code, items_by_code
from ledger.forms.answers import answers
from ledger.forms.heads import head_of
from ledger.forms.lines import MAX_LINES, DocumentLine, line_of
from ledger.models import AdjustmentReason, Kind
from ledger.posting.drafts import Draft, DraftLine
from ledger.posting.kinds import MOVEMENTS


class DocumentForm(DoorForm):
    """Head and lines of a receipt, issue, transfer or adjustment, as one form that the door checks.

    `hubs`: the hubs to choose from; the door refuses one that is not granted. `reasons`: the reasons of the tenant's
    list that are offered. `sees_value`: whether the line of an adjustment may name a cost. `works_at`: whether the
    person works at a hub, and so may see where items are put away.
    """

    def __init__(
        self,
        kind: Kind,
        values: ReadOnlyValues | None = None,
        *,
        initial: ReadOnlyValues | None = None,
        hubs: Iterable[Hub] = (),
        reasons: Iterable[AdjustmentReason] = (),
        sees_value: bool = True,
        works_at: Callable[[Hub], bool] = lambda hub: True,
    ) -> None:
        self.kind = kind
        # Keys of the questions about this document (`ledger.posting.questions`) that were answered with yes.
        self.confirmed = answers(values)
        self._works_at = works_at
        self.head = head_of(kind)(values, initial={"submission": uuid4(), **(initial or {})})
        self.head.offer(hubs=hubs, reasons=reasons)
        formset = forms.formset_factory(
            line_of(kind, sees_value=sees_value),
            extra=1,
            max_num=MAX_LINES,
            validate_max=True,
            absolute_max=MAX_LINES + 1,
        )
        self.lines = formset(values, prefix="lines")
        self._hubs: dict[int, Hub] = {}
        self._draft_lines: list[DraftLine] = []
        self._line_errors = LineErrors()
        self._vendor: Vendor | None = None
        self._items: dict[int, Item] = {}
        self._named: dict[int, list[Item | Bin]] = {}  # by line
        self._named_hubs: Found[Hub] = Found([])  # in front of a bin, as HUB/BIN
        self._line_refusals: dict[int, list[dict[str, str]]] = {}

    def is_valid(self) -> bool:
        """Whether head and lines can be read, and name records that exist."""
        shape = [self.head.is_valid(), self.lines.is_valid()]
        self._read_vendor()
        for name in ("hub", "to_hub"):
            self._read_hub(name)
        self._read_lines()
        return all(shape) and not self.head.errors and not self._line_errors

    def values(self) -> Values:
        """The arguments of the action that posts it; values that could not be read are left out."""
        head = getattr(self.head, "cleaned_data", None)
        if head is None:
            return {}
        known: Values = {"hubs": list(self._hubs.values()), "reference": head.get("reference", "")}
        if not self.head.errors and not self._line_errors:
            known["draft"] = Draft(
                kind=self.kind,
                submission=head["submission"],
                effective_on=head["effective_on"],
                lines=self._draft_lines,
                reference=head["reference"],
                vendor_id=self._vendor.pk if self._vendor else None,
                reason=head.get("reason", ""),
                note=head["note"],
                confirmed=self.confirmed,
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

    def evidence(self, refusal: Refusal) -> Values:
        """The evidence of its refusal: the records that head and refused lines name, and what was typed in them."""
        numbers = refused_lines(refusal)
        concerned = [keys.hub(hub) for hub in self._hubs]
        concerned += [keys.of(self._vendor)] if self._vendor else []
        for number, records in self._named.items():
            if not numbers or number in numbers:
                concerned += map(keys.of, records)
        return {
            "concerned": concerned,
            "typed": {
                "fields": typed_fields(refusal, self.head, {}),
                "lines": typed_lines(refusal, self._typed_in_line),
            },
        }

    def _typed_in_line(self, number: int, name: str) -> object:
        forms_ = self.lines.forms
        known = number <= len(forms_) and name in forms_[number - 1].fields
        return typed_in(forms_[number - 1], name) if known else None

    def show(self, refusal: Refusal) -> None:
        """Put a refusal of the door at its fields and lines, for the page."""
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

    def rows(self) -> list[Values]:
        """The lines as the page shows them: the form, the item, and its refusals."""
        return [
            {
                "form": form,
                "item": self._items.get(number),
                "own_bin": self.own_bin(self._items.get(number)),
                "refusals": self._line_refusals.get(number, []),
            }
            for number, form in enumerate(self.lines.forms, start=1)
        ]

    def _typed_head(self, name: str) -> str:
        return str(getattr(self.head, "cleaned_data", {}).get(name) or "").strip()

    def _read_vendor(self) -> None:
        code = self._typed_head("vendor")
        found = by_code(Vendor.objects.all(), [code])
        self._vendor = found.get(code)
        if code and self._vendor is None:
            fault = found.missing(
                code, Reason.UNKNOWN_VENDOR, _("No vendor has this code. Choose one from the list.")
            )
            self._refuse_head("vendor", *fault)

    def _read_hub(self, name: str) -> None:
        code = self._typed_head(name)
        found = by_code(Hub.objects.all(), [code])
        if hub := found.get(code):
            self._hubs[hub.pk] = hub
        elif code:
            self._refuse_head(name, *found.missing(code, Reason.UNKNOWN_HUB, _("No hub has this code.")))

    def _refuse_head(self, name: str | None, reason: Reason, message: str) -> None:
        self.head.add_error(name, forms.ValidationError(message, code=str(reason)))

    def _read_lines(self) -> None:
        used = [
            (number, form) for number, form in enumerate(self.lines.forms, start=1) if form.has_been_used()
        ]
        if not used:
            self._refuse_head(None, Reason.NO_DATA, _("Enter at least one line."))
        items = items_by_code(_typed(form, "sku") for _number, form in used)
        typed = {_typed(form, name) for _number, form in used for name in ("bin", "to_bin")}
        above = {self._typed_head(name) for name in ("hub", "to_hub")}
        bins = bins_by_address({*typed, *(f"{hub}/{place}" for hub in above for place in typed)})
        self._named_hubs = by_code(Hub.objects.all(), (_hub_of(text) for text in typed))
        for number, form in used:
            self._read_line(number, form, items, bins)

    def _read_line(self, number: int, form: DocumentLine, items: Found[Item], bins: Found[Bin]) -> None:
        for name, errors in form.errors.as_data().items():
            for error in errors:
                for message in error.messages:
                    self._line_errors.add(number, name, Reason(_reason_of(error)), message)
        cells = getattr(form, "cleaned_data", {})
        item = items.get(_typed(form, "sku"))
        if item is not None:
            self._items[number] = item
            self._named.setdefault(number, []).append(item)
        elif "sku" not in form.errors:
            fault = items.missing(
                _typed(form, "sku"), Reason.UNKNOWN_ITEM, _("No item has this SKU or barcode.")
            )
            self._line_errors.add(number, "sku", *fault)
        self._refuse_ambiguous(number, item, cells.get("quantity"))
        places = {
            name: self._place(number, form, name, item, bins)
            for name in ("bin", "to_bin")
            if name in form.fields
        }
        needed = ("quantity", "unit_cost") if MOVEMENTS[self.kind].needs_cost else ("quantity",)
        for name in needed:
            if cells.get(name) is None and name not in form.errors:
                self._line_errors.add(number, name, Reason.INVALID_INPUT, _("This field is required."))
        bin_, to_bin = places["bin"], places.get("to_bin")
        if item is None or bin_ is None or number in self._line_errors:
            return
        self._draft_lines.append(
            DraftLine(
                number=number,
                item_id=item.pk,
                bin_id=bin_.pk,
                quantity=cells["quantity"],
                unit_cost=cells.get("unit_cost"),
                to_bin_id=to_bin.pk if to_bin else None,
            )
        )

    def own_bin(self, item: Item | None) -> Bin | None:
        """The item's put-away bin, if the person works there and it is not archived. It precedes a copied bin."""
        place = item.putaway_bin if item is not None else None
        is_open = place is not None and place.archived_at is None and place.hub.archived_at is None
        return place if place is not None and is_open and self._works_at(place.hub) else None

    def _refuse_ambiguous(self, number: int, item: Item | None, quantity: Decimal | None) -> None:
        """ "1.000" of an item that is counted in whole units may mean a thousand."""
        try:
            if item is not None and item.decimals == 0 and quantity is not None:
                refuse_ambiguous(quantity)
        except NumberRefused as refused:
            self._line_errors.add(number, "quantity", refused.reason, refused)

    def _place(
        self, number: int, form: DocumentLine, name: str, item: Item | None, bins: Found[Bin]
    ) -> Bin | None:
        """A bin of the hub above, or HUB/BIN; the code of a bin may contain a slash. If the field is empty, or was
        only copied from the line above: the item's own put-away bin.

        HUB/BIN names a hub, whether or not it has such a bin: if the hub is not granted, that is the refusal. A
        put-away bin at a hub that is not granted is not revealed either.
        """
        own = self.own_bin(item) if "data-putaway" in form.fields[name].widget.attrs else None
        typed = "" if own is not None and form.has_proposed_bin else _typed(form, name)
        address = f"{self._typed_head('to_hub' if name == 'to_bin' else 'hub')}/{typed}"
        bin_ = bins.get(address)
        if bin_ is None and not bins.is_ambiguous(address):
            address = typed
            bin_ = bins.get(address)
            if hub := self._named_hubs.get(_hub_of(typed)):
                self._hubs[hub.pk] = hub
        if not typed and item is not None and "data-putaway" in form.fields[name].widget.attrs:
            place = item.putaway_bin
            bin_ = place if place and self._works_at(place.hub) else None
        if bin_ is not None:
            self._hubs[bin_.hub_id] = bin_.hub
            self._named.setdefault(number, []).append(bin_)
        elif name not in form.errors and (item is not None or typed):
            fault = bins.missing(address, Reason.UNKNOWN_BIN, _("This hub has no bin with this code."))
            self._line_errors.add(number, name, *fault)
        return bin_


def _hub_of(address: str) -> str:
    """The part of HUB/BIN before the slash; "" if there is no slash."""
    hub, slash, _place = address_key(address).partition("/")
    return hub if slash else ""


def _typed(form: forms.Form, name: str) -> str:
    return str(getattr(form, "cleaned_data", {}).get(name) or "").strip()


def _reason_of(error: forms.ValidationError) -> str:
    return str(error.code if error.code in Reason.__members__ else Reason.INVALID_INPUT)
