"""Forms of items."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.gates import hub_not_granted
from asora.kernel.permissions import Permission
from asora.kernel.reach import works_everywhere
from asora.kernel.refusals import Reason
from asora.kernel.shapes import Values
from inventory import rules
from inventory.forms.fields import CategoryField, RuledField, code_field, figure_field
from inventory.forms.records import Filters, RecordForm, Row, Section, state_field
from inventory.models import Item
from inventory.models.item_fields import BY_NAME, ITEM_FIELDS, SECTIONS, ItemField
from inventory.queries import bins_by_address, find_hub, permitted_hubs

PLACES = [(0, "0: whole units"), (1, "1: 0.1"), (2, "2: 0.01"), (3, "3: 0.001"), (4, "4: 0.0001")]


class BinInput(forms.TextInput):
    """A bin's address, with suggestions while it is typed."""

    def __init__(self) -> None:
        super().__init__(
            attrs={
                "class": "is-code",
                "list": "bin-suggestions",
                "autocomplete": "off",
                "spellcheck": "false",
                "hx-get": reverse_lazy("inventory:bin-suggestions"),
                "hx-trigger": "focus once, input changed delay:150ms",
                "hx-target": "#bin-suggestions",
                "hx-swap": "innerHTML",
                "hx-sync": "this:replace",
            }
        )

    def render(self, *args: Any, **options: Any) -> SafeString:
        """The control, and the list that its suggestions are loaded into."""
        control = super().render(*args, **options)
        return format_html('{}<datalist id="bin-suggestions"></datalist>', control)


class BinField(forms.CharField):
    """A bin by its address, HUB/BIN; empty means no bin. The form sets `act`."""

    act: Act

    def clean(self, value: object) -> object:
        """The bin. Errors: INVALID_INPUT, UNKNOWN_BIN, CODE_AMBIGUOUS; PERMISSION_DENIED HUB_NOT_GRANTED.

        Checks the hub first: no answer may reveal which bins exist in a hub that is not granted.
        """
        text = super().clean(value)
        if not text:
            return None
        try:
            hub_code, bin_code = rules.bin_address(text)
        except rules.RuleBroken as broken:
            raise ValidationError(broken.message, code=str(broken.reason)) from broken
        hub = find_hub(hub_code)
        if hub is not None and not self.act.actor.may(Permission.INVENTORY_OPERATE_HUB, hub):
            raise hub_not_granted(hub)
        address = f"{hub_code}/{bin_code}"
        bins = bins_by_address([address])
        if (found := bins.get(address)) is None:
            reason, message = bins.missing(address, Reason.UNKNOWN_BIN, gettext("No bin has this address."))
            raise ValidationError(message, code=str(reason))
        return found


def _field(field: ItemField) -> forms.Field:
    """The control of a field: by the kind of its values, or the one that only it has."""
    texts: Values = {"label": field.label, "help_text": field.help}
    match field.name:
        case "sku":
            return code_field(rule=field.rule, longest=field.max_length, label=field.label)
        case "category":
            return CategoryField(**texts, empty_label=_("Choose a category"))
        case "decimals":
            return forms.TypedChoiceField(**texts, coerce=int, choices=PLACES, initial=field.default)
        case "putaway_bin":
            return BinField(**texts, required=False, max_length=field.max_length, widget=BinInput())
        case "barcodes":
            lines = forms.Textarea(attrs={"rows": 2, "class": "is-code", "spellcheck": "false"})
            return RuledField(
                **texts, rule=field.rule, required=False, max_length=field.max_length, widget=lines
            )
        case "standard_cost" | "reorder_point":
            return figure_field(**texts, rule=field.rule)
    widget = forms.TextInput(attrs={"autocomplete": "off"} if field.name != "name" else {})
    return RuledField(
        **texts, rule=field.rule, required=field.is_needed, max_length=field.max_length, widget=widget
    )


#: One control for each field of the table, but for the reorder points of hubs: these depend on who asks.
DescribedFields: Any = type(
    "DescribedFields",
    (RecordForm,),
    {
        "__module__": __name__,
        **{field.name: _field(field) for field in ITEM_FIELDS if field.name != "reorder_points"},
    },
)


class ItemForm(DescribedFields):
    """All fields of an item, and a reorder point for each hub where the person works."""

    noun = "item"
    fixed = tuple(field.name for field in ITEM_FIELDS if field.is_fixed)

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        putaway: Any = self.fields["putaway_bin"]
        putaway.act = self.act
        self.hubs = {
            f"reorder_point_{hub.pk}": hub
            for hub in permitted_hubs(self.act.actor).filter(archived_at=None).order_by("code")
        }
        for name, hub in self.hubs.items():
            self.fields[name] = figure_field(rule=rules.reorder_point, label=f"{hub.code} · {hub.name}")
        if isinstance(self.record, Item):
            self._show(self.record)

    def _show(self, item: Item) -> None:
        category: Any = self.fields["category"]
        category.also_show(item.category)
        points = dict(item.hub_reorder_points.values_list("hub_id", "quantity"))
        self.initial.update(
            {
                **{name: plain(value) for name, value in self.initial.items() if isinstance(value, Decimal)},
                "category": item.category.code,
                "barcodes": "\n".join(item.barcodes.order_by("code").values_list("code", flat=True)),
                "putaway_bin": item.putaway_bin.address if item.putaway_bin else "",
            }
        )
        self.initial.update({name: plain(points.get(hub.pk)) for name, hub in self.hubs.items()})
        if item.is_moved:
            self.fields["unit"].disabled = self.fields["decimals"].disabled = True
        place = item.putaway_bin
        if place and not works_everywhere(self.act.actor) and place.hub not in self.hubs.values():
            del self.fields["putaway_bin"]  # the bin is in a hub where this person does not work

    @property
    def sections(self) -> list[Section]:
        """The sections of the table of fields, and the reorder points of hubs."""
        fixed = _("This item has ledger entries, so its unit and decimal places can no longer change.")
        is_moved = isinstance(self.record, Item) and self.record.is_moved
        sections = [
            Section(legend, self._described(names), note=fixed if is_moved and "unit" in names else "")
            for legend, names in SECTIONS
        ]
        of_hubs = self.rows(*self.hubs)
        if of_hubs:
            sections.append(
                Section(
                    _("Reorder points per hub"),
                    of_hubs,
                    note=_("Fill in a hub only if it differs. Hubs left empty use the reorder point above."),
                    summary=_("Set them per hub"),
                    is_open=any(row.bound.value() or row.bound.errors for row in of_hubs),
                )
            )
        return sections

    def _described(self, names: Sequence[str]) -> list[Row]:
        currency = self.act.tenant.currency
        rows = [(BY_NAME[row.bound.name], row.bound) for row in self.rows(*names)]
        return [
            Row(bound, css="is-full" if field.is_wide else "", unit=currency if field.has_value else "")
            for field, bound in rows
        ]

    def values(self) -> Values:
        """The item's fields, and the reorder points by hub."""
        values = super().values()
        points = {hub: values.pop(name) for name, hub in self.hubs.items() if name in values}
        return values | {"reorder_points": points}


def plain(number: Any) -> str:
    """A decimal as text, without trailing zeros."""
    if number is None:
        return ""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class ItemFilters(Filters):
    """Filters items by category (subcategories included), text and state."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("SKU, name or barcode")}),
    )
    category = CategoryField(label=_("Category"), required=False, empty_label=_("All categories"))
    state = state_field()
