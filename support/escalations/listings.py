"""Cases and feature requests as lists."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.listing import Column, Listing
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues
from support.escalations import queries
from support.escalations.models import EngineeringCase, FeatureRequest
from support.escalations.words import BADGES

WORK_DESK = Permission.SUPPORT_WORK_DESK


def _cases(act: Act, filters: ReadOnlyValues) -> QuerySet[EngineeringCase]:
    return queries.cases(act.actor)


def _features(act: Act, filters: ReadOnlyValues) -> QuerySet[FeatureRequest]:
    return queries.features(act.actor)


CASES = Listing(
    name="engineering_cases",
    permission=WORK_DESK,
    query=_cases,
    order=("number",),
    descending=True,
    columns=(
        Column(
            "case", _("Case"), lambda row: row.ref, link=lambda row: reverse("support:case", args=[row.ref])
        ),
        Column("criterion", _("Criterion"), lambda row: row.get_criterion_display()),
        Column("tenant", _("Tenant"), lambda row: row.ticket.tenant.name),
        Column(
            "ticket",
            _("Ticket"),
            lambda row: row.ticket.ref,
            link=lambda row: reverse("support:ticket", args=[row.ticket.ref]),
        ),
        Column("proposed_at", _("Proposed"), lambda row: row.proposed_at, kind="moment"),
        Column("committed_for", _("Committed for"), lambda row: row.committed_for, kind="date"),
        Column("state", _("State"), lambda row: row.state, kind="badge", badges=BADGES),
    ),
)

FEATURES = Listing(
    name="feature_requests",
    permission=WORK_DESK,
    query=_features,
    order=("number",),
    descending=True,
    columns=(
        Column("request", _("Request"), str, kind="code"),
        Column("title", _("What is wished for"), lambda row: row.title),
        Column("segment", _("Customer segment"), lambda row: row.segment),
        Column("similar", _("Similar requests"), lambda row: row.similar, kind="ordinal"),
        Column(
            "ticket",
            _("Ticket"),
            lambda row: row.ticket.ref,
            link=lambda row: reverse("support:ticket", args=[row.ticket.ref]),
        ),
        Column("logged_at", _("Logged"), lambda row: row.logged_at, kind="moment"),
    ),
)
