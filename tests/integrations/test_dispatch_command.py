"""`manage.py dispatch` sends from the command line, and says by its exit status whether everything arrived."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from audit.events.models import Event
from integrations.dispatch.models import Dispatch
from integrations.endpoints.models import Endpoint
from tests.factories import people
from tests.factories.dispatches import make_receiving_endpoint
from tests.factories.payloads import numbers_in, queue_payloads
from tests.integrations.receiver import Receiver


@pytest.fixture
def endpoint(acacia: Any, receiver: Receiver) -> Endpoint:
    return make_receiving_endpoint(receiver.url("/hook"), people.person("owner", acacia).ref)


def command(*arguments: str) -> dict[str, Any]:
    out, tenant = io.StringIO(), connection.tenant
    try:
        call_command("dispatch", "acacia", *arguments, stdout=out)
    finally:
        connection.set_tenant(tenant)
    return json.loads(out.getvalue().splitlines()[-1])


def test_sends_everything_queued(endpoint: Endpoint, receiver: Receiver) -> None:
    queue_payloads(endpoint, 25)

    told = command("warehouse SYSTEM")

    assert {**told, "dispatch": ""} == {
        "dispatch": "", "amount": 25, "delivered": 25, "failed": 0, "unknown": 0, "cut_short": "",
        "faults": {},
    }  # fmt: skip
    assert numbers_in([request.body for request in receiver.received()]) == list(range(1, 26))
    event = Event.objects.get(action="integrations.dispatch.start")
    assert (event.actor_type, event.actor_ref, event.route) == ("system", "dispatch", "manage.py dispatch")
    assert event.facts["os_user"]


def test_sends_some_again_and_says_that_one_did_not_arrive(endpoint: Endpoint, receiver: Receiver) -> None:
    queue_payloads(endpoint, 3)
    command(str(endpoint.pk), "--number", "2")
    receiver.behave("good", first=["error"])

    with pytest.raises(SystemExit) as ended:
        command(str(endpoint.pk), "--number", "3", "--number", "2")

    assert ended.value.code == 1
    assert numbers_in([request.body for request in receiver.received()]) == [2, 2, 3]
    assert Dispatch.objects.order_by("started_at").last().kind == "again"


def test_names_the_reasons_of_failures(endpoint: Endpoint, receiver: Receiver, capsys: Any) -> None:
    queue_payloads(endpoint, 3)
    receiver.behave("good", first=["error", "redirect"])

    with pytest.raises(SystemExit):
        call_command("dispatch", "acacia", "warehouse SYSTEM")

    told = capsys.readouterr()
    assert json.loads(told.out.splitlines()[-1])["faults"] == {"redirect": 1, "status": 1}
    assert "1 failed: The receiver answered with an error. Read the answer" in told.err


@pytest.mark.parametrize(
    "arguments", [["nobody"], ["Warehouse system", "--number", "7"], ["Warehouse system"]]
)
def test_says_what_it_cannot_send(endpoint: Endpoint, receiver: Receiver, arguments: list[str]) -> None:
    with pytest.raises(CommandError) as refused:
        command(*arguments)
    assert refused.value.returncode == 2
    assert receiver.received() == []
