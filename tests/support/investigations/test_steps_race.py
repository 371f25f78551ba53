"""Two agents at the same moment: a step is done once."""

from __future__ import annotations

from typing import Any

from django.db import connection

from asora.kernel.refusals import Reason, StateConflict
from audit.events.models import Event
from support.access.actions import request_access
from support.investigations.actions.steps import begin, identify_request
from support.investigations.models import Investigation, Step
from tests.factories import people, tenants
from tests.support.investigations.case import triaged


def test_each_step_is_done_once(committed_tenant: Any, client_as: Any, threads: Any) -> None:
    tenant = committed_tenant()
    client_as("viewer").post("/items/new/", {})
    event = Event.objects.filter(outcome="refused").latest("number")
    public = tenants.public()
    connection.set_tenant(public)
    agent = people.person("agent", public)
    request_access(people.act_of(agent, public), tenant=tenant, ticket="T-000001", minutes=30)
    ticket = triaged(tenant, event, category="B")

    begun = threads(4, lambda _number: begin(people.act_of(agent, public), ticket=ticket))
    found = threads(
        4,
        lambda _number: identify_request(
            people.act_of(agent, public), ticket=ticket, request_ids=[event.request_id], found_by="ticket"
        ),
    )
    for results in (begun, found):
        assert sum(isinstance(result, Step) for result in results) == 1, results
        refused = [result for result in results if isinstance(result, StateConflict)]
        assert {refusal.reason for refusal in refused} == {Reason.STEP_DONE}
    assert Investigation.objects.get(pk=ticket.pk).step == 2
    assert list(Step.objects.filter(investigation=ticket.pk).values_list("number", flat=True)) == [1, 2]
    connection.set_schema_to_public()
