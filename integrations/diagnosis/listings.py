"""The lists of one endpoint: its payloads, its attempts and its dispatches. Each is newest first."""

from __future__ import annotations

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from asora.kernel.act import Act
from asora.kernel.listing import Column, Listing
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues
from integrations.diagnosis import reading
from integrations.diagnosis.forms import AttemptFilter, QueueFilter
from integrations.dispatch.models import Attempt, Dispatch
from integrations.endpoints.models import Endpoint
from integrations.outbox.models import Payload
from integrations.outbox.queries import payloads

DISPATCH = Permission.INTEGRATIONS_DISPATCH
#: A filter by state can match every row of a long queue; counting further would take longer than the page.
COUNT_CAP = 1_000


def queue_of(endpoint: Endpoint) -> Listing:
    """The payloads of an endpoint, each with `last_outcome`, `last_fault` and `last_status` of its last attempt.

    `attempts_made`: how many there are, so that two people who send the same payload again send it once.
    """

    def query(act: Act, filters: ReadOnlyValues) -> QuerySet[Payload]:
        last = Attempt.objects.filter(payload=OuterRef("pk")).order_by("-ordinal")
        rows = reading.readable(payloads(endpoint), act.actor)
        if state := filters.get("state"):
            rows = rows.filter(state=state)
        if find := filters.get("find"):
            rows = rows.filter(**find)
            if "request_id" in find:  # a request that another hub's payload is about must not be found by it
                rows = reading.whole(rows, act.actor)
        return rows.annotate(
            last_outcome=Subquery(last.values("outcome")[:1]),
            last_fault=Subquery(last.values("fault")[:1]),
            last_status=Subquery(last.values("http_status")[:1]),
            attempts_made=Coalesce(Subquery(last.values("ordinal")[:1]), 0),
        )

    return Listing(
        name=f"payloads:{endpoint.pk}",
        columns=(Column("number", _("Number"), lambda row: row.number, kind="ordinal"),),
        order=("number",),
        descending=True,
        query=query,
        filters=QueueFilter,
        count_cap=COUNT_CAP,
        permission=DISPATCH,
    )


def attempts_of(endpoint: Endpoint) -> Listing:
    """The attempts to send payloads of an endpoint, newest first, each with its payload."""
    return _attempts(f"attempts:{endpoint.pk}", {"dispatch__endpoint": endpoint}, descending=True)


def dispatches_of(endpoint: Endpoint) -> Listing:
    """The dispatches of an endpoint."""

    def query(act: Act, filters: ReadOnlyValues) -> QuerySet[Dispatch]:
        return Dispatch.objects.filter(endpoint=endpoint)

    return Listing(
        name=f"dispatches:{endpoint.pk}",
        columns=(Column("started_at", _("Started"), lambda row: row.started_at, kind="moment"),),
        order=("started_at", "id"),
        descending=True,
        query=query,
        count_cap=COUNT_CAP,
        permission=DISPATCH,
    )


def attempts_during(dispatch: Dispatch) -> Listing:
    """The attempts of one dispatch, in the order of their sending."""
    return _attempts(f"attempts-during:{dispatch.pk}", {"dispatch": dispatch}, descending=False)


def _attempts(name: str, belonging: ReadOnlyValues, *, descending: bool) -> Listing:
    def query(act: Act, filters: ReadOnlyValues) -> QuerySet[Attempt]:
        rows = Attempt.objects.filter(**belonging)
        if outcome := filters.get("outcome"):
            rows = rows.filter(outcome=outcome)
        return rows.select_related("payload").defer("payload__body", "answer")

    return Listing(
        name=name,
        columns=(Column("started_at", _("Started"), lambda row: row.started_at, kind="moment"),),
        order=("started_at", "id"),
        descending=descending,
        query=query,
        filters=AttemptFilter,
        count_cap=COUNT_CAP,
        permission=DISPATCH,
    )
