"""The list of closed onboardings."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asora.accounts.people.queries import names
from asora.kernel.act import Act
from asora.kernel.listing import Column, Download, Listing
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues
from asora.onboarding.queries import visible
from plans.models import Onboarding


def _closed(act: Act, filters: ReadOnlyValues) -> QuerySet[Onboarding]:
    return visible(act.actor).filter(Q(completed_at__isnull=False) | Q(abandoned_at__isnull=False))


def _by(row: Onboarding) -> str:
    ref = row.completed_by or row.abandoned_by
    return names().get(ref) or ref


CLOSED = Listing(
    name="onboardings",
    permission=Permission.PLANS_ONBOARD_TENANT,
    download=Download(),
    columns=(
        Column(
            "company",
            _("Company"),
            lambda row: row.name,
            link=lambda row: reverse("onboarding:detail", args=[row.pk]),
        ),
        Column("slug", _("Name in addresses"), lambda row: row.slug, kind="code"),
        Column("plan", _("Plan"), lambda row: row.get_plan_display()),
        Column(
            "state",
            _("State"),
            lambda row: "completed" if row.completed_at else "abandoned",
            kind="badge",
            badges="onboarding",
        ),
        Column("closed_at", _("When"), lambda row: row.completed_at or row.abandoned_at, kind="moment"),
        Column("closed_by", _("By"), _by),
    ),
    order=("id",),
    query=_closed,
    descending=True,
)
