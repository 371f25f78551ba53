"""The list of packs."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.listing import Column, Listing
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues
from support.evidence.models import EvidencePack
from support.evidence.packs import queries

_OUTSIDE, _INSIDE = _("Outside recipient"), _("Asora")


def _packs(act: Act, filters: ReadOnlyValues) -> QuerySet[EvidencePack]:
    return queries.visible(act)


def _state(pack: EvidencePack) -> str:
    if not queries.has_file(pack):
        return "deleted"
    return "external" if pack.is_external else "internal"


PACKS = Listing(
    name="evidence_packs",
    permission=Permission.SUPPORT_WORK_DESK,
    query=_packs,
    order=("made_at", "id"),
    descending=True,
    columns=(
        Column(
            "purpose",
            _("Made for"),
            lambda row: row.purpose,
            link=lambda row: reverse("support:evidence-pack", args=[row.pk]),
        ),
        Column("tenant", _("Tenant"), lambda row: row.tenant.name),
        Column("recipient", _("For"), lambda row: _OUTSIDE if row.is_external else _INSIDE),
        Column("file_name", _("File name"), lambda row: row.file_name, kind="code"),
        Column("state", _("File"), _state, kind="badge", badges="support.pack"),
        Column("sha256", _("SHA-256"), lambda row: row.sha256[:16], kind="code"),
        Column("made_at", _("Made at"), lambda row: row.made_at, kind="moment"),
        Column("expires_at", _("Stored until"), lambda row: row.expires_at, kind="moment"),
    ),
)
