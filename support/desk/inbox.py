"""The inbox: which tickets a person sees, in which order, and how many are in each queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.db.models import (
    Case,
    DateTimeField,
    Exists,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.actors import Actor
from asora.kernel.listing import Column, Listing
from asora.kernel.permissions import Permission
from asora.kernel.request_ids import SHAPE
from asora.kernel.shapes import ReadOnlyValues, StrOrPromise
from plans.grants import managed_tenants
from support.clocks import panel as clocks
from support.clocks import queries as clock_queries
from support.clocks import rules as clock_rules
from support.clocks.models import DueClock
from support.clocks.wording import amount
from support.incidents.queries import with_number
from support.tickets import rules
from support.tickets.models import OPEN_STATES, Category, Queue, State, Ticket
from support.tickets.queries import visible

#: More tickets than this are not counted.
COUNT_CAP = 1_000
OPEN, ANY = "", "any"
MINE, NOBODY = "mine", "nobody"
LATE, SOON = "late", "soon"
SOON_MINUTES = 60
UNCONFIRMED, DOC_GAP = "unconfirmed", "doc_gap"
#: The clocks that a list of tickets shows: promises to the customer, and those between queues.
SHOWN_CLOCKS = (
    clock_rules.ACK,
    clock_rules.UPDATE,
    clock_rules.MITIGATE,
    clock_rules.RESOLVE,
    clock_rules.OLA_ACK,
    clock_rules.OLA_RESOLVE,
)


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of the inbox: a queue, all tickets, or those of the person; with a capped number of open tickets."""

    key: str
    label: StrOrPromise
    count: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket of a list, with the clock that is due next; None if nothing is due."""

    ticket: Ticket
    due: clocks.Shown | None

    @property
    def left(self) -> str:
        """How much time is left, in few words: the line below says that it is business time."""
        clock = self.due.clock if self.due else None
        if clock is None or clock.state != "running":
            return self.due.left if self.due else ""
        return gettext("%(time)s left") % {"time": amount(clock.left, in_hours=clock.is_business)}


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
    due = forms.ChoiceField(
        required=False,
        choices=[("", ""), (LATE, _("Late")), (SOON, _("Due within an hour"))],
        widget=forms.HiddenInput,
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
    mark = forms.ChoiceField(
        label=_("Marked"),
        required=False,
        choices=[
            ("", _("Any mark")),
            (UNCONFIRMED, _("Closed without a confirmation")),
            (DOC_GAP, _("Documentation gap")),
        ],
    )

    def narrow(self, act: Act) -> None:
        """Offer only the tenants that the person works for."""
        tenants: Any = self.fields["tenant"]
        named = managed_tenants(act.actor).order_by("name").values_list("slug", "name")
        tenants.choices = [("", _("Any tenant")), ("none", _("No tenant yet")), *named]


def is_archive(filters: ReadOnlyValues) -> bool:
    """Whether finished tickets are asked for, which are listed newest first."""
    return _state_of(filters) in {ANY, *rules.FINISHED}


def _state_of(filters: ReadOnlyValues) -> str:
    """The state that is asked for: any for a reference or a request id, which name a ticket whatever its state is.

    Without a state, tickets without a confirmation are those that are closed.
    """
    if _is_exact(str(filters.get("q") or "").strip()):
        return ANY
    state = str(filters.get("state") or OPEN)
    return State.CLOSED if state == OPEN and filters.get("mark") == UNCONFIRMED else state


def listing_for(filters: ReadOnlyValues) -> Listing:
    """The list of open tickets, most urgent first; or the list with finished ones, newest first."""
    return ARCHIVE if is_archive(filters) else WORK


def _query(act: Act, filters: ReadOnlyValues) -> QuerySet[Ticket]:
    rows = visible(act.actor)
    state = _state_of(filters)
    if state == OPEN:
        rows = rows.filter(state__in=OPEN_STATES)
    elif state != ANY:
        rows = rows.filter(state=state)
    if due := filters.get("due"):
        rows = rows.filter(Exists(_due(due)))
        if due == SOON:  # what is late is listed there, with the clock that is late
            rows = rows.exclude(Exists(_due(LATE)))
    if words := str(filters.get("q") or "").strip():
        rows = rows.filter(_matching(words))
    rows = _narrowed(rows, filters, me=act.actor.ref)
    if is_archive(filters):
        return rows
    return rows.annotate(urgency=_URGENCY, due_at=Coalesce(Subquery(_EARLIEST), Value(_NEVER)))


def _narrowed(rows: QuerySet[Ticket], filters: ReadOnlyValues, *, me: str) -> QuerySet[Ticket]:
    """The tickets of a queue, person, severity, category and tenant, with a mark."""
    queue, assignee = filters.get("queue"), filters.get("assignee")
    if MINE in (queue, assignee):
        rows = rows.filter(assignee=me)
    if queue and queue != MINE:
        rows = rows.filter(queue=queue)
    if assignee == NOBODY:
        rows = rows.filter(assignee="")
    if severity := filters.get("severity"):
        rows = rows.filter(severity=None if severity == "none" else int(severity))
    if category := filters.get("category"):
        rows = rows.filter(category=category)
    if mark := filters.get("mark"):
        rows = rows.filter(is_doc_gap=True) if mark == DOC_GAP else rows.filter(is_confirmed=False)
    if tenant := filters.get("tenant"):
        rows = rows.filter(tenant=None) if tenant == "none" else rows.filter(tenant__slug=tenant)
    return rows


def _due(when: str) -> QuerySet[DueClock]:
    """The clocks of a ticket of an outer query that are late, or due within an hour."""
    now = timezone.now()
    rows = DueClock.objects.filter(subject=OuterRef("pk"), clock__in=SHOWN_CLOCKS)
    if when == LATE:
        return rows.filter(due_at__lte=now)
    return rows.filter(due_at__gt=now, due_at__lte=now + timedelta(minutes=SOON_MINUTES))


def _is_exact(words: str) -> bool:
    """Whether words are the reference of a ticket or an incident, or a request id."""
    return rules.number_of(words) is not None or words.startswith("INC-") or bool(SHAPE.match(words))


def _matching(words: str) -> Q:
    if incident := with_number(words).first():
        return Q(incident=incident)
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
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_EARLIEST = (
    DueClock.objects.filter(subject=OuterRef("pk"), clock__in=SHOWN_CLOCKS)
    .values("subject")
    .annotate(earliest=Min("due_at", output_field=DateTimeField()))
    .values("earliest")
)
_COLUMNS: Sequence[Column] = ()
WORK = Listing(
    name="tickets",
    columns=_COLUMNS,
    order=("urgency", "due_at", "opened_at", "id"),
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


def rows_of(tickets: Iterable[Ticket]) -> list[Row]:
    """These tickets with the clock of each that is due next, in the same order. The clocks are computed from events."""
    listed = list(tickets)
    states = clock_queries.states([one.pk for one in listed], timezone.now())
    return [Row(one, _next(states[one.pk])) for one in listed]


def _next(states: Sequence[clock_queries.ClockState]) -> clocks.Shown | None:
    waiting = [one for one in states if one.is_open and one.clock in SHOWN_CLOCKS]
    due = [one for one in waiting if one.due_at is not None]
    if due:
        return clocks.shown(min(due, key=lambda one: one.due_at or _NEVER))
    return clocks.shown(waiting[0]) if waiting else None


def open_tickets(actor: Actor) -> QuerySet[Ticket]:
    """The open tickets that a person may see."""
    return visible(actor).filter(state__in=OPEN_STATES)


@dataclass(frozen=True, slots=True)
class Overview:
    """The tabs, and how many open tickets are late; and how many of the others are due within an hour."""

    tabs: Sequence[Tab]
    late: int
    soon: int


def overview(actor: Actor, current: str) -> Overview:
    """Numbers of open tickets by queue, of the person, late and nearly late. One query, which counts up to a cap.

    The security queue has a tab only for those who handle it.
    """
    capped = open_tickets(actor).annotate(is_late=Exists(_due(LATE)), is_soon=Exists(_due(SOON)))
    found = list(capped.order_by().values_list("queue", "assignee", "is_late", "is_soon")[: COUNT_CAP + 1])
    per_queue = Counter(queue for queue, *_rest in found)
    mine = sum(assignee == actor.ref for _queue, assignee, *_rest in found)
    shown = [("", _("All"), len(found)), (MINE, _("Mine"), mine)]
    shown += [
        (queue.value, queue.label, per_queue[queue.value])
        for queue in Queue
        if queue != Queue.SECURITY or actor.may(Permission.SUPPORT_HANDLE_SECURITY)
    ]
    is_capped = len(found) > COUNT_CAP
    return Overview(
        tabs=[
            Tab(key, label, _count_label(count, is_capped=is_capped), key == current)
            for key, label, count in shown
        ],
        late=sum(is_late for *_rest, is_late, _soon in found),
        soon=sum(is_soon and not is_late for *_rest, is_late, is_soon in found),
    )


def _count_label(count: int, *, is_capped: bool) -> str:
    return f"{min(count, COUNT_CAP):,}{'+' if is_capped and count else ''}"
