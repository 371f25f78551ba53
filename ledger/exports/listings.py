"""The list of exports so far."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.listing import Column, Listing
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues
from ledger.models import Export


def _exports(act: Act, filters: ReadOnlyValues) -> QuerySet[Export]:
    return Export.objects.all()


EXPORTS = Listing(
    name="exports",
    columns=(Column("file_name", gettext_lazy("File"), lambda row: row.file_name, kind="code"),),
    order=("created_at", "id"),
    descending=True,
    query=_exports,
    permission=Permission.LEDGER_EXPORT,
)
