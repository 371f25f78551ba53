"""The list of adjustment requests. A request is shown to people who work at all of its hubs."""

from __future__ import annotations

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.listing import Column, Download, Listing
from asora.kernel.permissions import Permission
from asora.kernel.reach import works_everywhere
from asora.kernel.shapes import ReadOnlyValues
from inventory.queries import permitted_hubs
from ledger.models import AdjustmentRequest


class RequestFilter(forms.Form):
    """The state of the requests: those waiting for a decision, unless another state is chosen."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("", gettext_lazy("Waiting")),
            ("posted", gettext_lazy("Posted")),
            ("declined", gettext_lazy("Declined")),
            ("all", gettext_lazy("All")),
        ],
    )


def _requests(act: Act, filters: ReadOnlyValues) -> QuerySet[AdjustmentRequest]:
    rows = AdjustmentRequest.objects.prefetch_related("hubs")
    state = filters.get("state") or AdjustmentRequest.State.REQUESTED
    if state != "all":
        rows = rows.filter(state=state)
    if works_everywhere(act.actor):
        return rows
    through = AdjustmentRequest.hubs.through.objects.filter(adjustmentrequest=OuterRef("pk"))
    return rows.exclude(Exists(through.exclude(hub__in=permitted_hubs(act.actor))))


def _hubs(row: AdjustmentRequest) -> str:
    return " ".join(sorted(hub.code for hub in row.hubs.all()))


REQUESTS = Listing(
    name="adjustment_requests",
    columns=(
        Column("reference", gettext_lazy("Reference"), lambda row: row.reference, kind="code"),
        Column("reason", gettext_lazy("Reason"), lambda row: row.reason, kind="code"),
        Column("hubs", gettext_lazy("Hubs"), _hubs, kind="code"),
        Column("lines", gettext_lazy("Lines"), lambda row: len(row.lines), kind="quantity"),
        Column("requested_at", gettext_lazy("Requested"), lambda row: row.requested_at, kind="moment"),
        Column(
            "state",
            gettext_lazy("State"),
            lambda row: row.state,
            kind="badge",
            badges="ledger.adjustment_request",
        ),
    ),
    order=("requested_at", "id"),
    descending=True,
    query=_requests,
    filters=RequestFilter,
    permission=Permission.LEDGER_VIEW_STOCK,
    download=Download(),
)
