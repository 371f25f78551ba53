"""Payloads are sent: to an address that is refused before anything leaves, and by a sender that died."""

from __future__ import annotations

from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from integrations.dispatch.actions.finishing import settle_dispatch
from integrations.dispatch.actions.schedules import end_schedule, lapse_schedule, set_schedule
from integrations.dispatch.actions.starting import queue_test_event
from integrations.dispatch.running import dispatch
from tests.audit.verdicts.company import Company
from tests.factories.dispatches import make_attempt_row, make_dispatch_row, make_receiving_endpoint
from tests.factories.payloads import queue_payloads

DISPATCHES = {
    "integrations.dispatch.finish",
    "integrations.dispatch.settle",
    "integrations.dispatch.start",
    "integrations.endpoint.test",
    "integrations.schedule.end",
    "integrations.schedule.lapse",
    "integrations.schedule.set",
}


def dispatches(company: Company) -> None:
    """Everything queued is sent, by hand and by schedule, and a dispatch is closed whose sender died."""
    endpoint = make_receiving_endpoint("https://127.0.0.1/", company.owner.actor.ref)
    own = new_act(
        company.tenant, system(company.tenant.schema_name, "dispatcher", Permission.INTEGRATIONS_DISPATCH)
    )
    queue_test_event(company.manager, endpoint=endpoint)
    first, _second = queue_payloads(endpoint, 2)
    dead = make_dispatch_row(endpoint)
    make_attempt_row(dead, first)
    settle_dispatch(own, dispatch=dead)
    dispatch(company.manager, endpoint=endpoint, kind="all")
    schedule = set_schedule(company.manager, endpoint=endpoint, every_minutes=15)
    end_schedule(company.manager, schedule=schedule)
    schedule = set_schedule(company.manager, endpoint=endpoint, every_minutes=15)
    lapse_schedule(own, schedule=schedule, why="rights")
