"""The list of people: one definition for the page, the HTMX fragment and the CSV. It is always one query."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from asora.accounts.models import SecondFactor, User
from asora.accounts.people.forms import StaffFilters
from asora.accounts.roles import grants
from asora.accounts.roles.labels import role_name
from asora.accounts.roles.table import MANAGE_STAFF
from asora.kernel.act import Act
from asora.kernel.listing import Column, Download, Listing
from asora.kernel.shapes import ReadOnlyValues, Rows

MAX_NAMED = 6
MAX_WORDS = 6


def _people(act: Act, filters: ReadOnlyValues) -> QuerySet[User]:
    rows: Rows = User.objects.annotate(
        places=ArraySubquery(grants.granted_places(OuterRef(OuterRef("pk"))).values(grants.kind().key)),
        has_second_factor=Exists(SecondFactor.objects.filter(user=OuterRef("pk"))),
    )
    match filters.get("state"):
        case "deactivated":
            rows = rows.filter(is_active=False, erased_at=None)
        case "erased":
            rows = rows.exclude(erased_at=None)
        case "all":
            pass
        case _:
            rows = rows.filter(is_active=True)
    if role := filters.get("role"):
        rows = rows.filter(role=role)
    for word in filters.get("q", "").split()[:MAX_WORDS]:
        rows = rows.filter(Q(name__icontains=word) | Q(email__icontains=word))
    return rows


def works_at(user: Any) -> str:
    """Where a person works, short enough for a table cell. `user` is a row of the list."""
    if user.all_hubs:
        return _now("All")
    if len(user.places) > MAX_NAMED:
        shown = ", ".join(user.places[:MAX_NAMED])
        return _now("%(shown)s and %(more)s more") % {"shown": shown, "more": len(user.places) - MAX_NAMED}
    return ", ".join(user.places)


def _state(user: User) -> str:
    """The state of a person as a badge; empty if they are active."""
    if user.erased_at:
        return "erased"
    return "" if user.is_active else "deactivated"


STAFF = Listing(
    name="staff",
    permission=MANAGE_STAFF,
    download=Download(),
    filters=StaffFilters,
    order=("name", "id"),
    query=_people,
    unrecorded=("q",),
    columns=(
        Column(
            "name",
            _("Name"),
            lambda row: row.name or row.ref,
            link=lambda row: reverse("accounts:person", args=[row.ref]),
        ),
        Column("address", _("E-mail"), lambda row: row.email),
        Column("role", _("Role"), lambda row: role_name(row.role)),
        Column("hubs", _("Hubs"), works_at),
        Column("second_factor", _("Second factor"), lambda row: row.has_second_factor, kind="flag"),
        Column("last_sign_in", _("Last sign-in"), lambda row: row.last_login, kind="moment"),
        Column(
            "state",
            _("State"),
            _state,
            kind="badge",
            badges="accounts.person",
        ),
    ),
)

OPERATORS = replace(
    STAFF,
    name="operators",
    columns=tuple(
        replace(column, name="tenants", label=_("Tenants")) if column.name == "hubs" else column
        for column in STAFF.columns
    ),
)
