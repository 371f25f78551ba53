"""Saved searches as a list."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.listing import Column, Listing
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues
from audit.explorer.models import SavedSearch
from audit.explorer.searches.queries import readable


def _rows(act: Act, filters: ReadOnlyValues) -> QuerySet[SavedSearch]:
    return readable(act.actor)


SEARCHES = Listing(
    name="saved_searches",
    permission=Permission.AUDIT_VIEW,
    query=_rows,
    order=("name", "id"),
    columns=(
        Column("name", _("Name"), lambda row: row.name),
        Column("query", _("Query"), lambda row: row.query, kind="code"),
    ),
)
