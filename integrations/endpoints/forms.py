"""The form of an endpoint. It offers only what its reader may see; the actions decide, under a lock."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.forms import ActionForm
from asora.kernel.reach import works_everywhere
from asora.kernel.shapes import StrOrPromise, Values
from integrations.endpoints.models import URL_LENGTH, Endpoint
from integrations.endpoints.rights import VALUES
from integrations.endpoints.rules import NAME_LENGTH
from integrations.types.catalogue import TYPES
from integrations.types.definition import EventType
from inventory.models import Hub
from inventory.queries import permitted_hubs

EVERYWHERE, SOME = "all", "some"
NO_CHOICE = {"invalid_choice": _("Choose one of the options.")}


@dataclass(frozen=True, slots=True)
class Choice:
    """An event type as a box to tick."""

    type: EventType
    is_chosen: bool


class EndpointForm(ActionForm):
    """A new endpoint, or (with `record`) a change of one."""

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("For your own lists, such as “Web shop” or “ERP”."),
    )
    url = forms.CharField(
        label=_("Address"),
        max_length=URL_LENGTH,
        widget=forms.TextInput(
            attrs={"type": "url", "class": "is-code", "autocomplete": "off", "spellcheck": "false"}
        ),
        help_text=_("Where the other system receives payloads. It has to start with https://."),
    )
    event_types = forms.MultipleChoiceField(
        label=_("Event types"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={**NO_CHOICE, "required": _("Choose at least one event type.")},
    )
    where = forms.ChoiceField(
        label=_("Hubs"),
        widget=forms.RadioSelect,
        initial=EVERYWHERE,
        choices=[(EVERYWHERE, _("All hubs, also new ones")), (SOME, _("Only these hubs"))],
        error_messages=NO_CHOICE,
    )
    hubs = forms.ModelMultipleChoiceField(
        label=_("Hubs"),
        queryset=Hub.objects.none(),
        to_field_name="code",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages=NO_CHOICE,
    )
    with_values = forms.BooleanField(
        label=_("Include costs and values"),
        required=False,
        help_text=_("Without it, payloads contain quantities but no costs, prices or values."),
    )
    is_enabled = forms.BooleanField(
        label=_("Enable it now"),
        required=False,
        initial=True,
        help_text=_("Events are queued from now on. Nothing is sent until somebody dispatches it."),
    )

    def __init__(self, data: QueryDict | None = None, *, act: Act, record: Endpoint | None = None) -> None:
        super().__init__(data)
        self.act, self.record = act, record
        kept = set(record.event_types) if record else set()
        self.offered = [
            kind
            for kind in TYPES.values()
            if kind.name in kept or (kind.is_chosen and act.actor.may(kind.permission))
        ]
        event_types: Any = self.fields["event_types"]
        event_types.choices = [(kind.name, kind.title) for kind in self.offered]
        chosen = list(record.hubs.order_by("code")) if record else []
        #: Hubs that it receives already and where the reader does not work.
        self.beyond = [hub for hub in chosen if not permitted_hubs(act.actor).filter(pk=hub.pk).exists()]
        self._offer_hubs(chosen)
        if not act.actor.may(VALUES) and not (record and record.with_values):
            del self.fields["with_values"]
        if record:
            del self.fields["is_enabled"]
            self.fields["version"] = forms.IntegerField(
                min_value=1, max_value=2**31, widget=forms.HiddenInput
            )
            self.initial = {
                **{name: getattr(record, name) for name in ("name", "url", "event_types", "with_values")},
                "version": record.version,
                "where": EVERYWHERE if record.all_hubs else SOME,
                "hubs": [hub.code for hub in chosen],
            }

    def _offer_hubs(self, chosen: list[Hub]) -> None:
        permitted = permitted_hubs(self.act.actor)
        offered = permitted.filter(archived_at=None) | permitted.filter(pk__in=[hub.pk for hub in chosen])
        hubs: Any = self.fields["hubs"]
        hubs.queryset = offered.order_by("code")
        hubs.label_from_instance = lambda hub: f"{hub.code} · {hub.name}"
        if not works_everywhere(self.act.actor):
            del self.fields["where"]
            hubs.required = not self.beyond
        elif not offered.exists():
            del self.fields["where"], self.fields["hubs"]

    def clean(self) -> Values:
        """Require at least one hub where only some are chosen."""
        cleaned = super().clean() or {}
        if cleaned.get("where") == SOME and not cleaned.get("hubs") and "hubs" not in self.errors:
            self.add_error("hubs", _("Choose at least one hub, or all of them."))
        return cleaned

    def type_groups(self) -> list[tuple[StrOrPromise, list[Choice]]]:
        """The event types as boxes to tick, under the titles of their groups."""
        ticked = set(self["event_types"].value() or ())
        return [
            (group, [Choice(kind, kind.name in ticked) for kind in kinds])
            for group, kinds in groupby(self.offered, key=lambda kind: kind.group)
        ]

    def values(self) -> Values:
        """The arguments of the action, as far as the form could read them."""
        cleaned = getattr(self, "cleaned_data", {})
        values: Values = {
            "name": cleaned.get("name", ""),
            "url": cleaned.get("url", ""),
            "event_types": cleaned.get("event_types", []),
            "hubs": self._chosen_hubs(cleaned),
            "with_values": cleaned.get("with_values", False),
        }
        if self.record is None:
            return values | {"is_enabled": cleaned.get("is_enabled", False)}
        return values | {"endpoint": self.record, "version": cleaned.get("version", 0)}

    def _chosen_hubs(self, cleaned: Values) -> list[Hub] | None:
        if "hubs" not in self.fields or cleaned.get("where") == EVERYWHERE:
            return None
        return [*cleaned.get("hubs", []), *self.beyond]


class SameEndpointForm(ActionForm):
    """A change of an endpoint that needs no input."""

    def __init__(self, data: QueryDict | None = None, *, record: Endpoint) -> None:
        super().__init__(data)
        self.record = record

    def values(self) -> Values:
        """The arguments of the action."""
        return {"endpoint": self.record}
