"""The scope of a report as people write it: the page's address is the query, and the same fields order an export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from asora.kernel.act import Act
from asora.kernel.days import DayField
from asora.kernel.refusals import Reason, ValidationFailed
from inventory.forms.fields import CodeSelect
from inventory.models import Category, Hub, Item, Vendor
from inventory.queries import by_code, permitted_hubs, with_descendants
from ledger.queries.asof import AsOf, as_of, recorded_on
from ledger.reports.definition import Report
from ledger.reports.scope import Scope

LONGEST = 20_000
LAST_POSITION = 2**63 - 1


class AsOfField(forms.CharField):
    """A position or a day; empty is now. Cleans to an `AsOf`. `act`: whose days are meant; its form sets it."""

    act: Act

    def __init__(self, **options: Any) -> None:
        defaults: dict[str, Any] = {"required": False, "max_length": 24, "widget": forms.HiddenInput}
        super().__init__(**defaults | options)

    def clean(self, value: Any) -> AsOf:
        """The position that is meant."""
        try:
            return as_of(self.act, str(super().clean(value) or ""))
        except ValidationFailed as refusal:
            (entry,) = refusal.details["fields"]["at"]
            raise forms.ValidationError(entry["message"], code=entry["reason"]) from refusal


class CodesField(forms.CharField):
    """Codes, one or more, separated by commas or spaces. Cleans to a list without repetitions."""

    def __init__(self, **options: Any) -> None:
        defaults: dict[str, Any] = {"required": False, "max_length": LONGEST}
        super().__init__(**defaults | options)
        self.validators.append(ProhibitNullCharactersValidator())

    def clean(self, value: Any) -> list[str]:
        """The codes as they were written."""
        return list(dict.fromkeys(str(super().clean(value) or "").replace(",", " ").split()))


class CodesSelect(CodeSelect):
    """Choose one code; several, which an address may name, stay chosen as one line."""

    def optgroups(self, name: str, value: Any, attrs: dict[str, Any] | None = None) -> Any:
        """The choices, and what is chosen if it is more than one."""
        chosen = str(value[0]) if value else ""
        count = len(chosen.replace(",", " ").split())
        if count > 1:
            several = ngettext("%(count)s chosen", "%(count)s chosen", count) % {"count": count}
            self.choices = [*self.choices, (chosen, several)]
        return super().optgroups(name, value, attrs)


RECORDED, EFFECTIVE = "recorded", "effective"


class ReportFilter(forms.Form):
    """Hubs, categories, items, vendors and period of a report, and the position: those that the report knows.

    `scope` and `hubs` are there once it is valid.
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
    # The scope of an export in fields of its own, offered only where the address names them.
    later = forms.IntegerField(
        label=gettext_lazy("Recorded after position"), required=False, min_value=0, max_value=LAST_POSITION
    )
    exact = forms.BooleanField(label=gettext_lazy("Without subcategories"), required=False)

    def __init__(
        self, typed: Mapping[str, Any] | None = None, *, act: Act, report: Report | None = None
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
        """The hubs that are meant: those named, or all permitted ones."""
        codes: list[str] = self.cleaned_data["hub"]
        found = _by_code(Hub.objects.all(), codes, field="code", reason=Reason.UNKNOWN_HUB)
        self.hubs = found if codes else list(self.permitted.values())
        return [hub.code for hub in self.hubs]

    def clean_category(self) -> list[str]:
        """The categories named, and, unless exactly these are meant, everything below them."""
        found = _by_code(
            Category.objects.all(), self.cleaned_data["category"], field="code", reason=Reason.UNKNOWN_PARENT
        )
        if self.data.get("exact"):
            return [category.code for category in found]
        keys = {key for category in found for key in with_descendants(category)}
        return sorted(Category.objects.filter(pk__in=keys).values_list("code", flat=True))

    def clean_item(self) -> list[str]:
        """The SKUs named, as they are written in the ledger."""
        found = _by_code(
            Item.objects.all(), self.cleaned_data["item"], field="sku", reason=Reason.UNKNOWN_ITEM
        )
        return [item.sku for item in found]

    def clean_vendor(self) -> list[str]:
        """The vendors named, as they are written in the ledger."""
        found = _by_code(
            Vendor.objects.all(), self.cleaned_data["vendor"], field="code", reason=Reason.UNKNOWN_VENDOR
        )
        return [vendor.code for vendor in found]

    def clean(self) -> dict[str, Any]:
        """A period that begins before it ends, and begins in one way only."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error(
                "until",
                forms.ValidationError(_("The period ends before it begins."), code=str(Reason.INVALID_INPUT)),
            )
        if cleaned.get("later") and "at" in cleaned:
            self._check_later(cleaned)
        return cleaned

    def _check_later(self, cleaned: dict[str, Any]) -> None:
        meant: AsOf = cleaned["at"]
        if cleaned.get("by") == EFFECTIVE and (cleaned.get("since") or cleaned.get("until")):
            message, reason = (
                _("A period by effective date cannot begin at a position."),
                Reason.INVALID_INPUT,
            )
        elif cleaned["later"] > meant.head:
            message = _("The ledger ends at position %(head)s.") % {"head": f"{meant.head:,}"}
            reason = Reason.POSITION_UNKNOWN
        elif cleaned["later"] > meant.position:
            message, reason = _("The period ends before it begins."), Reason.INVALID_INPUT
        else:
            return
        self.add_error("later", forms.ValidationError(message, code=str(reason)))

    @property
    def as_of(self) -> AsOf:
        """The position that is meant."""
        meant: AsOf = self.cleaned_data["at"]
        return meant

    @property
    def scope(self) -> Scope:
        """What the report is about. A period by days recorded is turned into positions, which never change."""
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
        """A hub that was named and is not granted."""
        return next((hub for hub in self.hubs if hub.pk not in self.permitted), None)

    def _choose(self, name: str, everything: str, choices: Iterable[tuple[str, str]]) -> None:
        self.fields[name].widget.choices = [("", everything), *choices]


def _labelled(model: type[Category | Vendor]) -> list[tuple[str, str]]:
    rows = model.objects.order_by("code").values_list("code", "name")
    return [(code, f"{code} · {name}") for code, name in rows]


def _by_code(rows: Any, codes: list[str], *, field: str, reason: Reason) -> list[Any]:
    """The rows with these codes, whatever the case they are written in, in the order of the codes, each once."""
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
