"""The scope of a report as people enter it: in the page's address, and in the form that requests an export."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from asora.kernel.act import Act
from asora.kernel.days import DayField
from asora.kernel.refusals import Reason, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues, Values
from inventory.forms.fields import CodeSelect
from inventory.models import Category, Hub, Item, Vendor
from inventory.queries import by_code, permitted_hubs, with_descendants
from ledger.queries.asof import AsOf, as_of, recorded_on
from ledger.reports.definition import Report
from ledger.reports.scope import Scope

MAX_LENGTH = 20_000
LAST_POSITION = 2**63 - 1


class AsOfField(forms.CharField):
    """A position or a day; empty is now. Cleans to an `AsOf`. `act`: its tenant's days are meant; the form sets it."""

    act: Act

    def __init__(self, **options: Any) -> None:
        defaults: Values = {"required": False, "max_length": 24, "widget": forms.HiddenInput}
        super().__init__(**defaults | options)

    def clean(self, value: Any) -> AsOf:
        """The position for the typed text, or for now."""
        try:
            return as_of(self.act, str(super().clean(value) or ""))
        except ValidationFailed as refusal:
            (entry,) = refusal.details["fields"]["at"]
            raise forms.ValidationError(entry["message"], code=entry["reason"]) from refusal


class CodesField(forms.CharField):
    """One or more codes, separated by commas or spaces. Cleans to a list without repetitions."""

    def __init__(self, **options: Any) -> None:
        defaults: Values = {"required": False, "max_length": MAX_LENGTH}
        super().__init__(**defaults | options)
        self.validators.append(ProhibitNullCharactersValidator())

    def clean(self, value: Any) -> list[str]:
        """The codes as they were written."""
        return list(dict.fromkeys(str(super().clean(value) or "").replace(",", " ").split()))


class CodesSelect(CodeSelect):
    """Choose one code. Several codes from an address stay chosen, as one choice."""

    def optgroups(self, name: str, value: Any, attrs: Values | None = None) -> Any:
        """The choices, with one more for several chosen codes."""
        chosen = str(value[0]) if value else ""
        count = len(chosen.replace(",", " ").split())
        if count > 1:
            several = ngettext("%(count)s chosen", "%(count)s chosen", count) % {"count": count}
            self.choices = [*self.choices, (chosen, several)]
        return super().optgroups(name, value, attrs)


RECORDED, EFFECTIVE = "recorded", "effective"


class ReportFilter(forms.Form):
    """Hubs, categories, items, vendors, period and position: the filters that a report has.

    `scope` and `hubs` exist once the form is valid.
    """

    at = AsOfField()
    hub = CodesField(label=gettext_lazy("Hub"), widget=CodesSelect)
    category = CodesField(label=gettext_lazy("Category"), widget=CodesSelect)
    item = CodesField(
        label=gettext_lazy("SKUs"),
        widget=forms.TextInput(
            attrs={"class": "is-code", "autocomplete": "off", "placeholder": gettext_lazy("all")}
        ),
    )
    vendor = CodesField(label=gettext_lazy("Vendor"), widget=CodesSelect)
    by = forms.ChoiceField(
        label=gettext_lazy("Period by"),
        required=False,
        choices=[(RECORDED, gettext_lazy("day recorded")), (EFFECTIVE, gettext_lazy("effective date"))],
    )
    since = DayField(label=gettext_lazy("From"), required=False)
    until = DayField(label=gettext_lazy("To"), required=False)
    # The exact scope of an export, in fields that are offered only if the address names them.
    later = forms.IntegerField(
        label=gettext_lazy("Recorded after position"), required=False, min_value=0, max_value=LAST_POSITION
    )
    exact = forms.BooleanField(label=gettext_lazy("Without subcategories"), required=False)

    def __init__(
        self, typed: ReadOnlyValues | None = None, *, act: Act, report: Report | None = None
    ) -> None:
        super().__init__(typed)
        self.act = act
        for field in self.fields.values():
            if isinstance(field, AsOfField):
                field.act = act
        permitted = list(permitted_hubs(act.actor).order_by("code"))
        self.permitted = {hub.pk: hub for hub in permitted}
        self.hubs: list[Hub] = []
        self._choose("hub", _("All my hubs"), ((hub.code, f"{hub.code} · {hub.name}") for hub in permitted))
        self._choose("category", _("All"), _labelled(Category))
        if report is None or not report.has_vendors:
            del self.fields["vendor"]
        else:
            self._choose("vendor", _("All"), _labelled(Vendor))
        if report is None or not report.has_period:
            del self.fields["by"], self.fields["since"], self.fields["until"], self.fields["later"]
        for name in ("later", "exact"):
            if not self.data.get(name):
                self.fields.pop(name, None)

    def clean_hub(self) -> list[str]:
        """The named hubs, or all permitted ones."""
        codes: list[str] = self.cleaned_data["hub"]
        found = _by_code(Hub.objects.all(), codes, field="code", reason=Reason.UNKNOWN_HUB)
        self.hubs = found if codes else list(self.permitted.values())
        return [hub.code for hub in self.hubs]

    def clean_category(self) -> list[str]:
        """The named categories, with everything below them unless `exact` is set."""
        found = _by_code(
            Category.objects.all(), self.cleaned_data["category"], field="code", reason=Reason.UNKNOWN_PARENT
        )
        if self.data.get("exact"):
            return [category.code for category in found]
        keys = {key for category in found for key in with_descendants(category)}
        return sorted(Category.objects.filter(pk__in=keys).values_list("code", flat=True))

    def clean_item(self) -> list[str]:
        """The named items, by SKU as in the ledger."""
        found = _by_code(
            Item.objects.all(), self.cleaned_data["item"], field="sku", reason=Reason.UNKNOWN_ITEM
        )
        return [item.sku for item in found]

    def clean_vendor(self) -> list[str]:
        """The named vendors, by code as in the ledger."""
        found = _by_code(
            Vendor.objects.all(), self.cleaned_data["vendor"], field="code", reason=Reason.UNKNOWN_VENDOR
        )
        return [vendor.code for vendor in found]

    def clean(self) -> Values:
        """Check that the period begins before it ends, and has only one beginning."""
        cleaned: Values = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error(
                "until",
                forms.ValidationError(
                    _("The period ends before it begins. Correct one of the dates."),
                    code=str(Reason.INVALID_INPUT),
                ),
            )
        if cleaned.get("later") and "at" in cleaned:
            self._check_later(cleaned)
        return cleaned

    def _check_later(self, cleaned: Values) -> None:
        meant: AsOf = cleaned["at"]
        if cleaned.get("by") == EFFECTIVE and (cleaned.get("since") or cleaned.get("until")):
            message, reason = (
                _("A period by effective date cannot begin at a position. Remove the position or the dates."),
                Reason.INVALID_INPUT,
            )
        elif cleaned["later"] > meant.head:
            message = _("The last position of the ledger is %(head)s. Enter that or an earlier one.") % {
                "head": f"{meant.head:,}"
            }
            reason = Reason.POSITION_UNKNOWN
        elif cleaned["later"] > meant.position:
            message, reason = (
                _("The period ends before it begins. Correct one of the dates."),
                Reason.INVALID_INPUT,
            )
        else:
            return
        self.add_error("later", forms.ValidationError(message, code=str(reason)))

    @property
    def as_of(self) -> AsOf:
        """The position for the typed text, or for now."""
        meant: AsOf = self.cleaned_data["at"]
        return meant

    @property
    def scope(self) -> Scope:
        """The scope of the report. A period by days recorded becomes positions, which never change."""
        position, after = self.as_of.position, 0
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if self.cleaned_data.get("by") != EFFECTIVE:
            after, position = recorded_on(since=since, until=until, zone=self.act.zone, at=position)
            after = max(after, min(self.cleaned_data.get("later") or 0, position))
            since = until = None
        return Scope(
            position=position,
            hubs=tuple(self.cleaned_data["hub"]),
            categories=tuple(self.cleaned_data["category"]),
            items=tuple(self.cleaned_data["item"]),
            vendors=tuple(self.cleaned_data.get("vendor", ())),
            after=after,
            since=since,
            until=until,
        )

    @property
    def foreign_hub(self) -> Hub | None:
        """A named hub that is not granted, if any."""
        return next((hub for hub in self.hubs if hub.pk not in self.permitted), None)

    def _choose(self, name: str, everything: str, choices: Iterable[tuple[str, str]]) -> None:
        self.fields[name].widget.choices = [("", everything), *choices]


def _labelled(model: type[Category | Vendor]) -> list[tuple[str, str]]:
    rows = model.objects.order_by("code").values_list("code", "name")
    return [(code, f"{code} · {name}") for code, name in rows]


def _by_code(rows: Any, codes: list[str], *, field: str, reason: Reason) -> list[Any]:
    """The rows with these codes in any case, in the order of the codes, each once."""
    found = by_code(rows, codes, field=field)
    named = {code: found.get(code) for code in codes}
    if missing := [code for code, row in named.items() if row is None]:
        message = _("There is no %(kind)s %(code)s.") % {
            "kind": rows.model._meta.verbose_name,
            "code": missing[0],
        }
        reason, message = found.missing(missing[0], reason, message)
        raise forms.ValidationError(message, code=str(reason))
    return list(dict.fromkeys(named.values()))
