"""The form for printing labels: of items or bins, and how many copies."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.numbers import NumberField
from asora.kernel.refusals import Reason
from asora.kernel.shapes import Values
from inventory.forms.fields import CodeSelect
from inventory.models import Bin, Hub, Item
from inventory.queries import Found, bins_by_address, by_code, items_by_code, permitted_bins, permitted_hubs

LONGEST = 20_000
MAX_COPIES = 50
MAX_LABELS = 500
ITEMS, BINS = "items", "bins"


class LabelForm(forms.Form):
    """Codes that were typed or scanned, or all bins of a hub. `labels` is filled by `is_valid`."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Labels of"),
        choices=[(ITEMS, gettext_lazy("Items")), (BINS, gettext_lazy("Bins"))],
    )
    codes = forms.CharField(
        label=gettext_lazy("SKUs, or bins (HUB/BIN)"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(
            attrs={"rows": 4, "class": "is-code", "autocomplete": "off", "spellcheck": "false"}
        ),
        help_text=gettext_lazy("Separate them with commas, spaces or line breaks. Barcodes work too."),
        validators=[ProhibitNullCharactersValidator()],
    )
    hub = forms.CharField(
        label=gettext_lazy("All bins of hub"),
        required=False,
        max_length=40,
        widget=CodeSelect,
        validators=[ProhibitNullCharactersValidator()],
    )
    copies = NumberField(
        label=gettext_lazy("Copies"),
        required=False,
        most_digits=30,
        places=0,
        min_value=1,
        max_value=MAX_COPIES,
        initial=1,
    )

    def __init__(self, typed: Any = None, *, act: Act) -> None:
        super().__init__(typed)
        self.act = act
        self.labels: list[Item] | list[Bin] = []
        hubs = permitted_hubs(act.actor).filter(archived_at=None).order_by("code")
        self.fields["hub"].widget.choices = [
            ("", _("None")),
            *((hub.code, f"{hub.code} · {hub.name}") for hub in hubs),
        ]

    def clean_hub(self) -> Hub | None:
        """The hub whose bins are all printed; only a hub where the actor works."""
        code = self.cleaned_data["hub"]
        hub = by_code(permitted_hubs(self.act.actor), [code]).get(code)
        if code and hub is None:
            message = _("You do not work at a hub with the code %(code)s.") % {"code": code}
            raise forms.ValidationError(message, code=str(Reason.UNKNOWN_HUB))
        return hub

    def clean_copies(self) -> int:
        """The number of copies; 1 if the field is empty."""
        return int(self.cleaned_data["copies"] or 1)

    def clean(self) -> Values:
        """Find the items or bins. The error names the first unknown code."""
        cleaned: Values = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        codes = list(dict.fromkeys(cleaned["codes"].replace(",", " ").split()))
        self.labels = self._items(codes) if cleaned["kind"] == ITEMS else self._bins(codes, cleaned["hub"])
        if not self.errors and not self.labels:
            self.add_error(
                "codes", forms.ValidationError(_("Enter at least one code."), code=str(Reason.NO_DATA))
            )
        if len(self.labels) * cleaned["copies"] > MAX_LABELS:
            message = _("You can print at most %(most)s labels at once.") % {"most": MAX_LABELS}
            self.add_error("copies", forms.ValidationError(message, code=str(Reason.TOO_LARGE)))
        return cleaned

    def _items(self, codes: list[str]) -> list[Item]:
        found = items_by_code(codes[: MAX_LABELS + 1])
        return self._all(found, codes[: MAX_LABELS + 1], Reason.UNKNOWN_ITEM)

    def _bins(self, codes: list[str], hub: Hub | None) -> list[Bin]:
        # Only bins where the actor works: no answer may reveal which bins exist elsewhere.
        found = bins_by_address(codes[: MAX_LABELS + 1], rows=permitted_bins(self.act.actor))
        named = self._all(found, codes[: MAX_LABELS + 1], Reason.UNKNOWN_BIN)
        rows = (
            Bin.objects.filter(hub=hub, archived_at=None).select_related("hub") if hub else Bin.objects.none()
        )
        return list(dict.fromkeys([*named, *rows.order_by("code")[: MAX_LABELS + 1]]))

    def _all(self, found: Found[Any], codes: list[str], reason: Reason) -> list[Any]:
        """The records with these codes, each once. The first code that is unknown or ambiguous is an error."""
        named = {code: found.get(code) for code in codes}
        if missing := [code for code, thing in named.items() if thing is None]:
            message = _("No record has the code %(code)s.") % {"code": missing[0][:80]}
            reason, message = found.missing(missing[0], reason, message)
            self.add_error("codes", forms.ValidationError(message, code=str(reason)))
        return list(dict.fromkeys(thing for thing in named.values() if thing is not None))
