"""The tickets of a tenant's people, and the known issues, as lists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.listing import Column, Listing
from asora.kernel.shapes import ReadOnlyValues
from support.help import queries, rules
from support.tickets.models import Ticket

OPEN, DONE = "open", "finished"


class TicketFilters(forms.Form):
    """Which tickets are listed."""

    show = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[("", _("All tickets")), (OPEN, _("Open tickets")), (DONE, _("Resolved and closed tickets"))],
    )


def _shown(act: Act, filters: ReadOnlyValues) -> QuerySet[Ticket]:
    rows = queries.tickets_of(act)
    if filters.get("show") == OPEN:
        return rows.exclude(state__in=rules.FINISHED)
    return rows.filter(state__in=rules.FINISHED) if filters.get("show") == DONE else rows


def subject_of(ticket: Any) -> str:
    """The subject of a ticket; after an erasure the reference has to do."""
    return ticket.subject or str(_("(erased)"))


TICKETS = Listing(
    name="own_tickets",
    query=_shown,
    order=("opened_at", "id"),
    descending=True,
    filters=TicketFilters,
    columns=(
        Column(
            "ticket",
            _("Ticket"),
            lambda row: row.ref,
            kind="code",
            link=lambda row: reverse("help:ticket", args=[row.ref]),
        ),
        Column("subject", _("Subject"), subject_of),
        Column("opened_at", _("Opened"), lambda row: row.opened_at, kind="moment"),
        Column("changed_at", _("Last change"), lambda row: row.changed_at, kind="moment"),
        Column("state", _("State"), lambda row: rules.SHOWN[row.state], kind="badge", badges="support.help"),
    ),
)
