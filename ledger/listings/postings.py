"""The lists of postings and of their entries. Each shows permitted hubs only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.accounts.people.queries import names
from asora.kernel.act import Act
from asora.kernel.days import DayField
from asora.kernel.gates import hub_not_granted
from asora.kernel.listing import Column, Listing
from asora.kernel.permissions import Permission
from asora.kernel.reach import works_everywhere
from asora.kernel.refusals import Reason
from asora.kernel.shapes import ReadOnlyValues, StrOrPromise
from asora.kernel.text import fold_code
from inventory.forms.fields import CodeSelect
from inventory.models import Bin, Hub, Item
from inventory.queries import bins_by_address, by_code, find_item, permitted_hubs
from ledger.models import ENTRY_KINDS, Entry, Kind, Posting
from ledger.reports.forms import LAST_POSITION, AsOfField


def _code(label: StrOrPromise, **options: Any) -> forms.CharField:
    widget = forms.TextInput(
        attrs={"class": "is-code", "autocomplete": "off", "spellcheck": "false", **options}
    )
    return forms.CharField(label=label, required=False, max_length=130, widget=widget)


def _choice(label: StrOrPromise) -> forms.CharField:
    """A choice from a list that depends on the actor; the query refuses other values."""
    return forms.CharField(
        label=label,
        required=False,
        max_length=40,
        widget=CodeSelect,
        validators=[ProhibitNullCharactersValidator()],
    )


def _kinds(kinds: Iterable[Kind]) -> list[tuple[str, Any]]:
    return [("", gettext_lazy("All")), *((kind.value, kind.label) for kind in kinds)]


class PlaceFilter(forms.Form):
    """Filters by item, place and position."""

    at = AsOfField()
    item = _code(gettext_lazy("SKU"))
    hub = _choice(gettext_lazy("Hub"))
    bin = _code(gettext_lazy("Bin"), placeholder="HUB/BIN")

    def narrow(self, act: Act) -> None:
        """Offer the hubs that the actor works at, and read days in the tenant's time zone."""
        cast(AsOfField, self.fields["at"]).act = act
        hubs = permitted_hubs(act.actor).order_by("code").values_list("code", "name")
        _offer(self, "hub", ((code, f"{code} · {name}") for code, name in hubs))

    def clean_hub(self) -> Hub | None:
        """The named hub."""
        code = self.cleaned_data["hub"]
        found = by_code(Hub.objects.all(), [code])
        hub = found.get(code)
        if code and hub is None:
            message = _("No hub has the code %(code)s.") % {"code": code}
            reason, message = found.missing(code, Reason.UNKNOWN_HUB, message)
            raise forms.ValidationError(message, code=str(reason))
        return hub


class EntryFilter(PlaceFilter):
    """Filters of entries, also for the entries behind one figure of a report."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False, choices=_kinds(ENTRY_KINDS))
    direction = forms.ChoiceField(
        label=gettext_lazy("Direction"),
        required=False,
        choices=[("", gettext_lazy("Both")), ("in", gettext_lazy("In")), ("out", gettext_lazy("Out"))],
    )
    reason = _code(gettext_lazy("Reason"))
    since = DayField(label=gettext_lazy("Effective from"), required=False)
    until = DayField(label=gettext_lazy("Effective to"), required=False)
    later = forms.IntegerField(required=False, min_value=0, max_value=LAST_POSITION, widget=forms.HiddenInput)


class PostingFilter(PlaceFilter):
    """Filters of documents, up to a position."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False, choices=_kinds(Kind))
    vendor = _code(gettext_lazy("Vendor"))
    reference = _code(gettext_lazy("Reference"))
    person = _choice(gettext_lazy("Posted by"))
    since = DayField(label=gettext_lazy("Effective from"), required=False)
    until = DayField(label=gettext_lazy("Effective to"), required=False)
    field_order = ("at", "kind", "item", "hub", "bin", "vendor", "reference", "person", "since", "until")

    def narrow(self, act: Act) -> None:
        """Offer the hubs that the actor works at, and everybody in the directory."""
        super().narrow(act)
        _offer(self, "person", sorted(names().items(), key=lambda known: known[1]))


class BatchFilter(PostingFilter):
    """Filters of the documents of one import."""

    batch = forms.UUIDField(widget=forms.HiddenInput)


def _offer(form: forms.Form, name: str, choices: Iterable[tuple[str, str]]) -> None:
    everything = [("", _("All")), *choices]
    chosen = str(form.data.get(name, ""))
    if chosen and fold_code(chosen) not in {fold_code(value) for value, _label in everything}:
        everything.append((chosen, chosen))
    form.fields[name].widget.choices = everything


def visible_entries(act: Act) -> QuerySet[Entry]:
    """The entries at the hubs that the actor works at."""
    rows: QuerySet[Entry] = Entry.objects.all()
    if works_everywhere(act.actor):
        return rows
    return rows.filter(hub__in=[hub.pk for hub in permitted_hubs(act.actor)])


def _narrowed(act: Act, filters: ReadOnlyValues) -> QuerySet[Entry]:
    """The visible entries of the named item, hub and bin; none for an unknown item or bin.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED; VALIDATION_FAILED CODE_AMBIGUOUS.
    """
    rows = visible_entries(act)
    if hub := filters.get("hub"):
        if not act.actor.may(Permission.INVENTORY_OPERATE_HUB, hub):
            raise hub_not_granted(hub)
        rows = rows.filter(hub=hub)
    if sku := filters.get("item"):
        # A link has the SKU in its exact spelling, which must work even if it is also the barcode of another item.
        item = Item.objects.filter(sku=sku).first() or find_item(sku)
        rows = rows.filter(item=item) if item else rows.none()
    if address := filters.get("bin"):
        bin_ = _bin_at(address, hub=filters.get("hub"))
        rows = rows.filter(bin=bin_) if bin_ else rows.none()
    return rows


def _bin_at(address: str, *, hub: Hub | None) -> Bin | None:
    """The bin with this code in `hub`, or with this address. Codes of bins may contain slashes, codes of hubs not."""
    inside = f"{hub.code}/{address}" if hub else ""
    bins = bins_by_address([inside, address])
    return bins.get(inside) or bins.get(address)


def _entries(act: Act, filters: ReadOnlyValues) -> QuerySet[Entry]:
    # Documents are fetched by position: a join would read all documents from the latest down to a deep page.
    rows = _narrowed(act, filters).select_related("item", "bin", "hub").prefetch_related("posting__vendor")
    if kind := filters.get("kind"):
        rows = rows.filter(kind=kind)
    if (meant := filters.get("at")) and meant.is_past:
        rows = rows.filter(posting__lte=meant.position)
    if direction := filters.get("direction"):
        # A reversal counts negative in the direction of its original.
        is_in = {"is_reversal": False, "quantity__gt": 0}, {"is_reversal": True, "quantity__lt": 0}
        is_out = {"is_reversal": False, "quantity__lt": 0}, {"is_reversal": True, "quantity__gt": 0}
        plain, reversed_ = is_in if direction == "in" else is_out
        rows = rows.filter(Q(**plain) | Q(**reversed_))
    if reason := filters.get("reason"):
        spelt = [reason, fold_code(reason).upper()]  # any text of an issue, or a code of the list in capitals
        rows = rows.filter(Q(posting__reason__in=spelt) | Q(posting__reverses__reason__in=spelt))
    lookups = {
        "later": "posting__gt",
        "since": "posting__effective_on__gte",
        "until": "posting__effective_on__lte",
    }
    return rows.filter(**{lookup: filters[name] for name, lookup in lookups.items() if filters.get(name)})


def _postings(act: Act, filters: ReadOnlyValues) -> QuerySet[Posting]:
    rows = Posting.objects.select_related("vendor")
    if batch := filters.get("batch"):
        rows = rows.filter(batch=batch)
    if not works_everywhere(act.actor) or any(filters.get(name) for name in ("item", "hub", "bin")):
        rows = rows.filter(Exists(_lines_of_page(act, filters).filter(posting=OuterRef("pk"))))
    lookups = {
        "kind": "kind",
        "vendor": "vendor__code_key",
        "reference": "reference",
        "person": "actor_ref",
        "since": "effective_on__gte",
        "until": "effective_on__lte",
    }
    rows = rows.filter(**{lookup: filters[name] for name, lookup in lookups.items() if filters.get(name)})
    if (meant := filters.get("at")) and meant.is_past:
        rows = rows.filter(position__lte=meant.position)
    return rows


def _lines_of_page(act: Act, filters: ReadOnlyValues) -> QuerySet[Entry]:
    """The lines that select a page of documents, with the bounds of the page, so that no others are read."""
    lines = _narrowed(act, filters)
    if beyond := filters.get("beyond"):
        lines = lines.filter(**{"posting__lt" if beyond.is_below else "posting__gt": beyond.values[0]})
    if (meant := filters.get("at")) and meant.is_past:
        lines = lines.filter(posting__lte=meant.position)
    return lines


POSTINGS = Listing(
    name="postings",
    columns=(Column("position", gettext_lazy("Position"), lambda row: row.position, kind="code"),),
    order=("position",),
    descending=True,
    query=_postings,
    filters=PostingFilter,
    permission=Permission.LEDGER_VIEW_STOCK,
)
BATCH = replace(POSTINGS, name="batch", filters=BatchFilter)
ENTRIES = Listing(
    name="entries",
    columns=(Column("position", gettext_lazy("Position"), lambda row: row.posting_id, kind="code"),),
    order=("posting_id", "line"),
    descending=True,
    query=_entries,
    filters=EntryFilter,
    permission=Permission.LEDGER_VIEW_STOCK,
)
# The panel of an item's page: shorter, since the page continues below it.
ITEM_HISTORY = replace(ENTRIES, page_size=20)
