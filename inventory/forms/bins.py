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
    """Any hub can be named; that one is not granted, or archived, is for the door to say."""

    def to_python(self, value: Any) -> Any:
        """The hub, whoever works there."""
        offered, self.queryset = self.queryset, Hub.objects.all()
        try:
            return super().to_python(value)
        finally:
            self.queryset = offered


class BinForm(RecordForm):
    """Hub, code, and a name if the code does not say it all."""

    noun = "bin"
    fixed = ("hub", "code")
    hub = AnyHubField(empty_label=_("Choose a hub"))
    code = code_field(rule=rules.bin_code)
    name = name_field(
        rule=rules.bin_name, required=False, help_text=_("Where to find it, if its code does not say.")
    )

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        if self.record is None:
            hub: Any = self.fields["hub"]
            hub.queryset = permitted_hubs(self.act.actor).filter(archived_at=None).order_by("code")


class BinFilters(Filters):
    """Bins by hub."""

    hub = HubField(required=False, empty_label=_("All hubs"))
    state = state_field()

    def narrow(self, act: Act) -> None:
        """Only hubs that this person works at can be chosen."""
        hub: Any = self.fields["hub"]
        hub.queryset = permitted_hubs(act.actor).order_by("code")
