"""Forms of bins."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from inventory import rules
from inventory.forms.fields import HubField, code_field, name_field
from inventory.forms.records import Filters, RecordForm, state_field
from inventory.models import Hub
from inventory.queries import permitted_hubs


class AnyHubField(HubField):
    """Accepts every hub. The door refuses hubs that are archived or not granted, so that the refusal is audited."""

    def to_python(self, value: object) -> object:
        """The hub with this code, even if it is not among the choices."""
        offered, self.queryset = self.queryset, Hub.objects.all()
        try:
            return super().to_python(value)
        finally:
            self.queryset = offered


class BinForm(RecordForm):
    """Hub, code and optional name."""

    noun = "bin"
    fixed = ("hub", "code")
    hub = AnyHubField(empty_label=_("Choose a hub"))
    code = code_field(rule=rules.bin_code)
    name = name_field(
        rule=rules.bin_name,
        required=False,
        help_text=_("Helps people find the bin if the code is not enough."),
    )

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        if self.record is None:
            hub: Any = self.fields["hub"]
            hub.queryset = permitted_hubs(self.act.actor).filter(archived_at=None).order_by("code")


class BinFilters(Filters):
    """Filters bins by hub, text and state."""

    hub = HubField(required=False, empty_label=_("All hubs"))
    state = state_field()

    def narrow(self, act: Act) -> None:
        """Offer only the hubs where this person works."""
        hub: Any = self.fields["hub"]
        hub.queryset = permitted_hubs(act.actor).order_by("code")
