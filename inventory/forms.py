"""The shape of what people type about master data. Whether it may be so is decided by the actions, under a lock."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, ValidationFailed
from inventory import rules
from inventory.models import Category, Hub, Item, MasterRecord
from inventory.queries import find_bin, permitted_hubs, works_everywhere

MOST_KEPT = 4 * 1024 * 1024  # a checked file up to this size need not be chosen again


class RuledField(forms.CharField):
    """A text that one of `inventory.rules` judges; its value is what the rule makes of it."""

    def __init__(self, *, rule: Callable[[str], Any], **options: Any) -> None:
        super().__init__(**options)
        self.rule = rule

    def clean(self, value: Any) -> Any:
        """The value as it is kept. The error's code is the rule's reason."""
        text = super().clean(value)
        try:
            return self.rule(text) if text or not self.required else text
        except rules.RuleBroken as broken:
            raise ValidationError(broken.message, code=str(broken.reason)) from broken


class BinField(forms.CharField):
    """A bin by its address, HUB/BIN; empty is none."""

    def clean(self, value: Any) -> Any:
        """The bin. Errors: INVALID_INPUT, UNKNOWN_BIN."""
        text = super().clean(value)
        if not text:
            return None
        try:
            found = find_bin(*rules.bin_address(text))
        except rules.RuleBroken as broken:
            raise ValidationError(broken.message, code=str(broken.reason)) from broken
        if found is None:
            raise ValidationError(gettext("There is no such bin."), code=str(Reason.UNKNOWN_BIN))
        return found


class CategoryField(forms.ModelChoiceField):
    """A live category, chosen by its code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            Category.objects.filter(archived_at=None).order_by("code"), to_field_name="code", **options
        )

    def label_from_instance(self, obj: Any) -> str:
        """Code and name, as people know it."""
        return f"{obj.code} · {obj.name}"

    def also_show(self, category: Category | None) -> None:
        """Keep a choice that was made before its category was archived."""
        if category is not None and category.is_archived:
            live: Any = self.queryset
            self.queryset = Category.objects.filter(pk=category.pk) | live


def code_field(
    *, rule: Callable[[str], str] = rules.code, longest: int = rules.CODE_LENGTH, **options: Any
) -> RuledField:
    """A code or SKU that will never change."""
    hint = _("Never changes. Letters, digits and . _ - & +")
    widget = forms.TextInput(attrs={"class": "is-code", "autocomplete": "off", "spellcheck": "false"})
    return RuledField(
        rule=rule, max_length=longest, widget=widget, **{"label": _("Code"), "help_text": hint} | options
    )


def name_field(**options: Any) -> RuledField:
    """What people call it."""
    given: dict[str, Any] = {
        "rule": rules.name,
        "label": _("Name"),
        "max_length": rules.NAME_LENGTH,
    } | options
    return RuledField(**given)


def figure_field(**options: Any) -> RuledField:
    """A number, typed as text: a number control loses exactness and changes by scrolling."""
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return RuledField(widget=widget, max_length=40, required=False, **options)


class RecordForm(forms.Form):
    """A new record, or the edit of one that exists: then without what never changes, and with its version."""

    noun: ClassVar[str] = ""  # what the actions call the record
    fixed: ClassVar[tuple[str, ...]] = ("code",)

    def __init__(
        self, data: Any = None, *, act: Act, record: MasterRecord | None = None, **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.act, self.record = act, record
        if record is not None:
            for name in self.fixed:
                del self.fields[name]
            self.fields["version"] = forms.IntegerField(
                min_value=1, max_value=2**31, widget=forms.HiddenInput
            )
            self.initial = {name: getattr(record, name, None) for name in self.fields}

    def values(self) -> dict[str, Any]:
        """What the action gets, as far as the form could read it."""
        values = dict(getattr(self, "cleaned_data", {}))
        return values if self.record is None else values | {self.noun: self.record}


class CategoryForm(RecordForm):
    """Code, name, and what it hangs on."""

    noun = "category"
    code = code_field()
    name = name_field()
    parent = CategoryField(label=_("Below"), required=False, empty_label=_("Nothing: it stands at the top"))

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        if isinstance(self.record, Category):
            self.initial["parent"] = self.record.parent.code if self.record.parent else None
            parent: Any = self.fields["parent"]
            parent.queryset = parent.queryset.exclude(pk=self.record.pk)
            parent.also_show(self.record.parent)


class HubForm(RecordForm):
    """Code and name."""

    noun = "hub"
    code = code_field()
    name = name_field()


class BinForm(RecordForm):
    """Hub, code, and a name if the code does not say it all."""

    noun = "bin"
    fixed = ("hub", "code")
    hub = forms.ModelChoiceField(
        Hub.objects.none(), label=_("Hub"), to_field_name="code", empty_label=_("Choose a hub")
    )
    code = code_field(rule=rules.bin_code)
    name = name_field(
        rule=rules.bin_name, required=False, help_text=_("Where to find it, if its code does not say.")
    )

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        if self.record is None:
            _narrow_hubs(self, self.act, only_live=True)


class VendorForm(RecordForm):
    """Code and name; and, for those who may decide it, whether deliveries may be received."""

    noun = "vendor"
    fixed = ("code", "eligible")
    code = code_field()
    name = name_field()
    eligible = forms.BooleanField(
        label=_("Eligible: deliveries may be received"), required=False, initial=True
    )

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        if self.record is None and not self.act.actor.may("inventory.vendor_eligibility"):
            del self.fields["eligible"]


class EligibilityForm(RecordForm):
    """A decision about a vendor, by one button."""

    noun = "vendor"
    fixed = ()
    eligible = forms.BooleanField(required=False, widget=forms.HiddenInput)


class ItemForm(RecordForm):
    """Everything about an item; a reorder point for each hub that the person works at."""

    noun = "item"
    fixed = ("sku",)
    sku = code_field(rule=rules.sku, longest=rules.SKU_LENGTH, label=_("SKU"))
    name = name_field()
    category = CategoryField(label=_("Category"), empty_label=_("Choose a category"))
    unit = RuledField(
        rule=rules.unit,
        label=_("Unit"),
        max_length=rules.UNIT_LENGTH,
        help_text=_("EA, kg, m … Fixed by the first ledger entry."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    decimals = forms.TypedChoiceField(
        label=_("Decimal places"),
        coerce=int,
        choices=[
            (0, "0: whole units"),
            (1, "1: 0.1"),
            (2, "2: 0.01"),
            (3, "3: 0.001"),
            (4, "4: 0.0001"),
        ],
        initial=0,
        help_text=_("Of its quantities. Fixed by the first ledger entry."),
    )
    barcodes = RuledField(
        rule=rules.barcodes,
        label=_("Barcodes"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "is-code", "spellcheck": "false"}),
        help_text=_("Other codes that scanners read for it, separated by spaces or lines."),
    )
    putaway_bin = BinField(
        label=_("Put-away bin"),
        required=False,
        max_length=90,
        help_text=_("Hub and bin with a slash between: where deliveries of it usually go."),
        widget=forms.TextInput(
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
        ),
    )
    standard_cost = figure_field(
        rule=rules.standard_cost,
        label=_("Standard cost"),
        help_text=_("Per unit; used while no delivery has set a price."),
    )
    reorder_point = figure_field(
        rule=rules.reorder_point,
        label=_("Reorder point"),
        help_text=_("For each hub that has none of its own."),
    )

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
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
                "category": item.category.code,
                "standard_cost": plain(item.standard_cost),
                "reorder_point": plain(item.reorder_point),
                "barcodes": "\n".join(item.barcodes.order_by("code").values_list("code", flat=True)),
                "putaway_bin": item.putaway_bin.address if item.putaway_bin else "",
            }
        )
        self.initial.update({name: plain(points.get(hub.pk)) for name, hub in self.hubs.items()})
        if item.is_moved:
            self.fields["unit"].disabled = self.fields["decimals"].disabled = True
        place = item.putaway_bin
        if place and not works_everywhere(self.act.actor) and place.hub not in self.hubs.values():
            del self.fields["putaway_bin"]  # it belongs to a hub that this person does not work at

    @property
    def hub_fields(self) -> list[forms.BoundField]:
        """The reorder points per hub, as the page shows them."""
        return [self[name] for name in self.hubs]

    @property
    def has_hub_values(self) -> bool:
        """Whether any hub has a reorder point of its own, or one that was typed just now."""
        return any(bound.value() or bound.errors for bound in self.hub_fields)

    def values(self) -> dict[str, Any]:
        """The item's fields, and the reorder points by hub."""
        values = super().values()
        points = {hub: values.pop(name) for name, hub in self.hubs.items() if name in values}
        return values | {"reorder_points": points}


class ImportForm(forms.Form):
    """A CSV file, chosen or pasted, or the one that was checked just before."""

    file = forms.FileField(label=_("CSV file"), required=False, allow_empty_file=True)
    text = forms.CharField(
        label=_("Or paste it here"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "class": "is-code", "spellcheck": "false"}),
    )
    kept = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    kept_name = forms.CharField(required=False, max_length=255, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Which of the three it is, as bytes."""
        cleaned: dict[str, Any] = super().clean() or {}
        upload = cleaned.get("file")
        most = settings.ASORA_IMPORT_MAX_BYTES
        if upload is not None and upload.size > most:
            message = gettext("The file is larger than %(most)s.") % {"most": filesizeformat(most)}
            raise ValidationError(message, code=str(Reason.TOO_LARGE))
        if upload is not None:
            cleaned |= {"content": upload.read(), "called": upload.name}
        elif cleaned.get("text", "").strip():
            cleaned |= {"content": cleaned["text"].encode(errors="replace"), "called": ""}
        elif cleaned.get("kept"):
            cleaned |= {"content": _unpacked(cleaned["kept"]), "called": cleaned.get("kept_name", "")}
        elif not self.errors:
            raise ValidationError(gettext("Choose a file, or paste its lines."), code=str(Reason.NO_DATA))
        return cleaned

    def values(self) -> dict[str, Any]:
        """The bytes of the file."""
        cleaned = getattr(self, "cleaned_data", {})
        return {"content": cleaned["content"]} if "content" in cleaned else {}

    def refusal(self) -> ValidationFailed:
        """Why there is nothing to import; the door asks."""
        errors = [error for listed in self.errors.as_data().values() for error in listed]
        code = errors[0].code or ""
        reason = Reason(code) if code in Reason.__members__ else Reason.INVALID_INPUT
        return ValidationFailed(" ".join(errors[0].messages), reason=reason)

    def keeping(self) -> ImportForm:
        """A fresh form that holds what was just checked, byte for byte, unless it is too long to send again."""
        content: bytes = self.cleaned_data["content"]
        if len(content) > MOST_KEPT:
            return ImportForm()
        kept = base64.b64encode(content).decode()
        return ImportForm(initial={"kept": kept, "kept_name": self.cleaned_data["called"]})


def _unpacked(kept: str) -> bytes:
    try:
        return base64.b64decode(kept, validate=True)
    except binascii.Error as error:
        raise ValidationError(gettext("Choose the file again."), code=str(Reason.INVALID_INPUT)) from error


def _narrow_hubs(form: forms.Form, act: Act, *, only_live: bool) -> None:
    """Let somebody choose among the hubs that they work at."""
    field: Any = form.fields["hub"]
    hubs = permitted_hubs(act.actor).order_by("code")
    field.queryset = hubs.filter(archived_at=None) if only_live else hubs
    field.label_from_instance = lambda hub: f"{hub.code} · {hub.name}"


def plain(number: Any) -> str:
    """A decimal as one types it: without the zeros that only fill its column."""
    if number is None:
        return ""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


STATES = [("", _("Active")), ("archived", _("Archived")), ("all", _("All"))]


class Filters(forms.Form):
    """What all lists of master data are filtered by."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Code or name")}),
    )


def state_field() -> forms.ChoiceField:
    """Active ones unless asked otherwise."""
    return forms.ChoiceField(label=_("State"), required=False, choices=STATES)


class RecordFilters(Filters):
    """Text and state: categories and hubs."""

    state = state_field()


class BinFilters(Filters):
    """Bins by hub."""

    hub = forms.ModelChoiceField(
        Hub.objects.none(), label=_("Hub"), required=False, to_field_name="code", empty_label=_("All hubs")
    )
    state = state_field()

    def narrow(self, act: Act) -> None:
        """Only hubs that this person works at can be chosen."""
        _narrow_hubs(self, act, only_live=False)


class VendorFilters(Filters):
    """Vendors by eligibility."""

    eligible = forms.ChoiceField(
        label=_("Eligibility"),
        required=False,
        choices=[("", _("All")), ("yes", _("Eligible")), ("no", _("Not eligible"))],
    )
    state = state_field()


class ItemFilters(Filters):
    """Items by category, everything below it included."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("SKU, name or barcode")}),
    )
    category = CategoryField(label=_("Category"), required=False, empty_label=_("All categories"))
    state = state_field()
