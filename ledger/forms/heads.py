"""The head of a document: reference, day, hub, and the fields of its kind."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy

from asora.kernel.days import DayField
from asora.kernel.shapes import StrOrPromise
from inventory.forms.fields import CodeSelect
from inventory.models import Hub
from ledger.models import AdjustmentReason, Kind
from ledger.posting.kinds import MOVEMENTS, Direction, ReasonRule


def _hub(label: StrOrPromise, *, help_text: StrOrPromise) -> forms.CharField:
    return forms.CharField(label=label, max_length=40, help_text=help_text, widget=CodeSelect)


class DocumentHead(forms.Form):
    """The fields of documents of all kinds. `submission` makes sending it twice harmless."""

    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=80,
        help_text=gettext_lazy("Number of the order, job or slip."),
    )
    effective_on = DayField(label=gettext_lazy("Happened on"))
    hub = _hub(
        gettext_lazy("Hub"),
        help_text=gettext_lazy("The hub of the bins below, unless a bin is given as HUB/BIN."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)
    submission = forms.UUIDField(widget=forms.HiddenInput)
    field_order = ("vendor", "reason", "reference", "effective_on", "hub", "to_hub", "note", "submission")

    def offer(self, *, hubs: Iterable[Hub], reasons: Iterable[AdjustmentReason]) -> None:
        """Put the choices into the fields that offer choices."""
        places = [(hub.code, f"{hub.code} · {hub.name}") for hub in hubs]
        for name in ("hub", "to_hub"):
            if name in self.fields:
                self.fields[name].widget.choices = places
        if "reason" in self.fields:
            known = [(reason.code, reason.name) for reason in reasons]
            self.fields["reason"].widget.choices = [("", ""), *known]


class ReceiptHead(DocumentHead):
    """A delivery comes from a vendor."""

    vendor = forms.CharField(
        label=gettext_lazy("Vendor"),
        max_length=40,
        help_text=gettext_lazy("Type the vendor's code, or choose from the list."),
        widget=forms.TextInput(attrs={"list": "vendors", "class": "is-code", "autocomplete": "off"}),
    )
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=80,
        help_text=gettext_lazy("Number of the delivery note or purchase order."),
    )
    effective_on = DayField(label=gettext_lazy("Received on"))


class TransferHead(DocumentHead):
    """A transfer has two ends."""

    hub = _hub(
        gettext_lazy("From hub"),
        help_text=gettext_lazy("The hub that the stock leaves, unless a bin is given as HUB/BIN."),
    )
    to_hub = _hub(
        gettext_lazy("To hub"),
        help_text=gettext_lazy("The hub that the stock goes to. It may be the same hub."),
    )


class AdjustmentHead(DocumentHead):
    """An adjustment has a reason of the tenant's list."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=60, widget=forms.Select)


def head_of(kind: Kind) -> type[DocumentHead]:
    """The form of the head of a kind of movement."""
    movement = MOVEMENTS[kind]
    if movement.has_vendor:
        return ReceiptHead
    if movement.direction is Direction.BETWEEN:
        return TransferHead
    return AdjustmentHead if movement.reason is ReasonRule.LISTED else DocumentHead
