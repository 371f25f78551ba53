"""Forms of categories."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from inventory.forms.fields import CategoryField, code_field, name_field
from inventory.forms.records import RecordForm
from inventory.models import Category


class CategoryForm(RecordForm):
    """Code, name and parent category."""

    noun = "category"
    code = code_field()
    name = name_field()
    parent = CategoryField(label=_("Parent category"), required=False, empty_label=_("None (top level)"))

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        if isinstance(self.record, Category):
            self.initial["parent"] = self.record.parent.code if self.record.parent else None
            parent: Any = self.fields["parent"]
            parent.queryset = parent.queryset.exclude(pk=self.record.pk)
            parent.also_show(self.record.parent)
