"""Forms of hubs."""

from __future__ import annotations

from inventory.forms.fields import code_field, name_field
from inventory.forms.records import RecordForm


class HubForm(RecordForm):
    """Code and name."""

    noun = "hub"
    code = code_field()
    name = name_field()
