"""The list of counts, for people who count or approve. It shows no expected or counted quantities."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.listing import Column, Download, Listing
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues
from inventory.forms.fields import CodeSelect
from inventory.queries import permitted_hubs
from ledger.models import CountSession

CLOSED = (CountSession.State.APPROVED, CountSession.State.CANCELLED)


class CountFilter(forms.Form):
    """The state of the counts: those not closed, unless another state is chosen."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("", gettext_lazy("Open")),
            ("all", gettext_lazy("All")),
            *CountSession.State.choices,
        ],
    )
    hub = forms.CharField(
        label=gettext_lazy("Hub"),
        required=False,
        max_length=40,
        widget=CodeSelect,
        validators=[ProhibitNullCharactersValidator()],
    )

    def narrow(self, act: Act) -> None:
        """Offer the hubs that the actor works at."""
        hubs = permitted_hubs(act.actor).order_by("code").values_list("code", "name")
        widget: Any = self.fields["hub"].widget
        widget.choices = [("", gettext_lazy("All")), *((code, f"{code} · {name}") for code, name in hubs)]


def _counts(act: Act, filters: ReadOnlyValues) -> QuerySet[CountSession]:
    rows = CountSession.objects.select_related("hub").filter(hub__in=permitted_hubs(act.actor))
    state = filters.get("state")
    if not state:
        rows = rows.exclude(state__in=CLOSED)
    elif state != "all":
        rows = rows.filter(state=state)
    if hub := filters.get("hub"):
        rows = rows.filter(hub__code_key=hub)
    return rows


COUNTS = Listing(
    name="counts",
    columns=(
        Column("count", gettext_lazy("Count"), str, kind="code"),
        Column("title", gettext_lazy("Title"), lambda row: row.title),
        Column("hub", gettext_lazy("Hub"), lambda row: row.hub.code, kind="code"),
        Column("state", gettext_lazy("State"), lambda row: row.state),
        Column("opened_at", gettext_lazy("Opened"), lambda row: row.opened_at, kind="moment"),
    ),
    order=("opened_at", "id"),
    descending=True,
    query=_counts,
    filters=CountFilter,
    permission=Permission.LEDGER_COUNT,
    download=Download(),
)
