"""The list of seals."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.listing import Column, Listing
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues
from audit.seals import queries
from audit.seals.canonical import STREAMS
from audit.seals.models import Kind, Seal


class SealFilter(forms.Form):
    """Seals of one stream."""

    stream = forms.ChoiceField(label=_("Sealed"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["stream"].choices = [  # type: ignore[attr-defined]
            ("", _("Audit trail and ledger")),
            *((stream.name, stream.label) for stream in STREAMS.values()),
        ]


def _seals(act: Act, filters: ReadOnlyValues) -> QuerySet[Seal]:
    rows = queries.seals()
    return rows.filter(stream_id=filters["stream"]) if filters.get("stream") else rows


def _name(row: Seal) -> str:
    return f"{STREAMS[row.stream_id].label} {row.number}"


def _rows(row: Seal) -> str:
    if row.kind == Kind.GENESIS:
        return _now("from before numbers")
    if row.first is None or row.last is None:
        return ""
    return _now("%(first)s to %(last)s") % {"first": f"{row.first:,}", "last": f"{row.last:,}"}


SEALS = Listing(
    name="seals",
    permission=Permission.AUDIT_VIEW,
    query=_seals,
    filters=SealFilter,
    order=("sealed_at", "id"),
    descending=True,
    columns=(
        Column(
            "seal",
            _("Seal"),
            _name,
            link=lambda row: reverse("audit:receipt", args=[row.stream_id, row.number]),
        ),
        Column("kind", _("Kind"), lambda row: row.kind, kind="badge", badges="audit.seal"),
        Column("rows", _("Numbers"), _rows),
        Column("size", _("Rows so far"), lambda row: row.size, kind="ordinal"),
        Column("key_id", _("Key"), lambda row: row.key_id, kind="code"),
        Column("sealed_at", _("Sealed at"), lambda row: row.sealed_at, kind="moment"),
    ),
)
