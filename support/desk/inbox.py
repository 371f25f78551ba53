"""The inbox: which tickets a person sees, in which order, and how many are in each queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.actors import Actor
from asora.kernel.listing import Column, Listing
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues, StrOrPromise, Values
from plans.grants import managed_tenants
from support.tickets import rules
from support.tickets.models import Category, Queue, State, Ticket
from support.tickets.queries import visible

#: More tickets than this are not counted.
COUNT_CAP = 1_000
OPEN, ANY = "", "any"
MINE, NOBODY = "mine", "nobody"
OPEN_STATES = [state.value for state in State if state.value not in rules.FINISHED]


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of the inbox: a queue, all tickets, or those of the person; with a capped number of open tickets."""

    key: str
    label: StrOrPromise
    count: str
    is_current: bool


class InboxFilters(forms.Form):
    """The filters of the inbox. Without a state: tickets that need work."""

    queue = forms.ChoiceField(
        required=False,
        choices=[("", _("All queues")), (MINE, _("Mine")), *Queue.choices],
        widget=forms.HiddenInput,
    )
    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=100,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("Ticket, subject or request id"), "data-search": True}
        ),
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            (OPEN, _("Open")),
            (ANY, _("Any state")),
            *((state.value, state.label.capitalize()) for state in State),
        ],
    )
    severity = forms.ChoiceField(
        label=_("Severity"),
        required=False,
        choices=[
            ("", _("Any severity")),
            *((str(number), f"Sev {number}") for number in range(1, 5)),
            ("none", _("Not classified")),
        ],
    )
    category = forms.ChoiceField(
        label=_("Category"),
        required=False,
        choices=[("", _("Any category")), *((one.value, f"{one.value} · {one.label}") for one in Category)],
    )
    tenant = forms.ChoiceField(label=_("Tenant"), required=False)
    assignee = forms.ChoiceField(
        label=_("Assigned to"),
        required=False,
        choices=[("", _("Anybody")), (MINE, _("Me")), (NOBODY, _("Nobody"))],
    )

    def narrow(self, act: Act) -> None:
        """Offer only the tenants that the person works for."""
        tenants: Any = self.fields["tenant"]
        named = managed_tenants(act.actor).order_by("name").values_list("slug", "name")
        tenants.choices = [("", _("Any tenant")), ("none", _("No tenant yet")), *named]


def is_archive(filters: ReadOnlyValues) -> bool:
    """Whether finished tickets are asked for, which are listed newest first."""
    return filters.get("state") in {ANY, *rules.FINISHED}


def listing_for(filters: ReadOnlyValues) -> Listing:
    """The list of open tickets, most urgent first; or the list with finished ones, newest first."""
    return ARCHIVE if is_archive(filters) else WORK


def _query(act: Act, filters: ReadOnlyValues) -> QuerySet[Ticket]:
    rows = visible(act.actor)
    state = filters.get("state") or OPEN
    if state == OPEN:
        rows = rows.filter(state__in=OPEN_STATES)
    elif state != ANY:
        rows = rows.filter(state=state)
    queue = filters.get("queue") or ""
    if queue == MINE or filters.get("assignee") == MINE:
        rows = rows.filter(assignee=act.actor.ref)
    if queue and queue != MINE:
        rows = rows.filter(queue=queue)
    if filters.get("assignee") == NOBODY:
        rows = rows.filter(assignee="")
    if severity := filters.get("severity"):
        rows = rows.filter(severity=None if severity == "none" else int(severity))
    if category := filters.get("category"):
        rows = rows.filter(category=category)
    if tenant := filters.get("tenant"):
        rows = rows.filter(tenant=None) if tenant == "none" else rows.filter(tenant__slug=tenant)
    if words := str(filters.get("q") or "").strip():
        rows = rows.filter(_matching(words))
    return rows.annotate(urgency=_URGENCY)


def _matching(words: str) -> Q:
    number = rules.number_of(words)
    if number is not None:
        return Q(number=number)
    return Q(subject__icontains=words) | Q(about=words)


#: Severity 1 and 2, then what nobody has classified, then the rest.
_URGENCY = Case(
    When(severity=1, then=Value(1)),
    When(severity=2, then=Value(2)),
    When(severity__isnull=True, then=Value(3)),
    When(severity=3, then=Value(4)),
    default=Value(5),
    output_field=IntegerField(),
)
_COLUMNS: Sequence[Column] = ()
WORK = Listing(
    name="tickets",
    columns=_COLUMNS,
    order=("urgency", "opened_at", "id"),
    query=_query,
    filters=InboxFilters,
    count_cap=COUNT_CAP,
    permission=Permission.SUPPORT_WORK_DESK,
)
ARCHIVE = Listing(
    name="tickets",
    columns=_COLUMNS,
    order=("opened_at", "id"),
    query=_query,
    filters=InboxFilters,
    descending=True,
    count_cap=COUNT_CAP,
    permission=Permission.SUPPORT_WORK_DESK,
)


def open_tickets(actor: Actor) -> QuerySet[Ticket]:
    """The open tickets that a person may see."""
    return visible(actor).filter(state__in=OPEN_STATES)


def tabs(actor: Actor, current: str) -> list[Tab]:
    """All queues with their numbers of open tickets; the security queue only for those who handle it."""
    capped = open_tickets(actor).order_by()[: COUNT_CAP + 1]
    found = Ticket.objects.filter(pk__in=capped.values("pk")).values("queue")
    per_queue: Values = {
        row["queue"]: row["tickets"] for row in found.order_by().annotate(tickets=Count("pk"))
    }
    mine = open_tickets(actor).filter(assignee=actor.ref).order_by()[: COUNT_CAP + 1].count()
    is_capped = sum(per_queue.values()) > COUNT_CAP
    shown = [("", _("All"), sum(per_queue.values())), (MINE, _("Mine"), mine)]
    shown += [
        (queue.value, queue.label, per_queue.get(queue.value, 0))
        for queue in Queue
        if queue != Queue.SECURITY or actor.may(Permission.SUPPORT_HANDLE_SECURITY)
    ]
    return [
        Tab(key, label, _count_label(count, is_capped=is_capped and key != MINE), key == current)
        for key, label, count in shown
    ]


def _count_label(count: int, *, is_capped: bool) -> str:
    return f"{min(count, COUNT_CAP):,}{'+' if is_capped and count else ''}"
