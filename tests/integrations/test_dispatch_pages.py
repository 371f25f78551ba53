"""The buttons that send: the result on the dispatch's page, long ones by a job, refusals as pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from asora.jobs import runner
from asora.jobs.models import Job
from audit.events.models import Event
from integrations.dispatch import locking
from integrations.dispatch.models import Attempt, Dispatch, Schedule
from integrations.endpoints.models import Endpoint
from integrations.outbox.models import Payload
from integrations.types import catalogue
from tests.factories import people
from tests.factories.dispatches import (
    finish_row,
    make_attempt_row,
    make_dispatch_row,
    make_receiving_endpoint,
)
from tests.factories.payloads import numbers_in, queue_payloads
from tests.integrations.receiver import Receiver

Client = Any


@pytest.fixture
def endpoint(acacia: Any, receiver: Receiver) -> Endpoint:
    """An endpoint of Acacia's owner at the receiver."""
    return make_receiving_endpoint(receiver.url("/hook"), people.person("owner", acacia).ref)


@pytest.fixture
def client(endpoint: Endpoint, client_as: Callable[..., Client]) -> Client:
    return client_as("manager")


def post(client: Client, path: str, **sent: Any) -> Any:
    return client.post(f"/integrations/{path}", sent, follow=True)


def test_sends_one_payload(endpoint: Endpoint, client: Client, receiver: Receiver) -> None:
    _first, second = queue_payloads(endpoint, 2)

    answer = post(client, f"payloads/{second.pk}/dispatch/")

    assert answer.redirect_chain == [(f"/integrations/dispatches/{Dispatch.objects.get().pk}/", 302)]
    assert "1 payload was delivered." in answer.content.decode()
    assert numbers_in([request.body for request in receiver.received()]) == [2]


def test_sends_again_what_failed_once_for_two_clicks(
    endpoint: Endpoint, client: Client, receiver: Receiver
) -> None:
    (payload,) = queue_payloads(endpoint, 1)
    receiver.behave("error")
    answer = post(client, f"payloads/{payload.pk}/dispatch/")
    assert "1 payload was not delivered. Your inventory is not affected." in answer.content.decode()

    receiver.behave("good")
    again = f"payloads/{payload.pk}/again/"
    assert post(client, again, seen="1").status_code == 200
    assert post(client, again, seen="1").status_code == 409
    for nonsense in ("", "x", "-1", "9" * 5000):
        assert post(client, again, seen=nonsense).status_code == 400
    assert [attempt.outcome for attempt in Attempt.objects.order_by("ordinal")] == ["failed", "delivered"]


def test_sends_the_chosen_ones(endpoint: Endpoint, client: Client, receiver: Receiver) -> None:
    queued = queue_payloads(endpoint, 3)
    receiver.behave("good", first=["error"])
    post(client, f"payloads/{queued[0].pk}/dispatch/")

    post(client, f"{endpoint.pk}/dispatch/chosen/", payload=[f"{queued[0].pk}:1", str(queued[2].pk)])

    assert numbers_in([request.body for request in receiver.received()]) == [1, 1, 3]
    assert Dispatch.objects.order_by("started_at").last().kind == "again"


@pytest.mark.parametrize(
    "sent",
    [
        ["nonsense"],
        ["nonsense:1"],
        ["01a2241a-dc48-7a9e-a188-5dfcd2ac4d35:" + "9" * 5000],
        ["01a2241a-dc48-7a9e-a188-5dfcd2ac4d35:x"],
    ],
)
def test_refuses_a_choice_that_cannot_be_read(
    endpoint: Endpoint, client: Client, receiver: Receiver, sent: list[str]
) -> None:
    assert post(client, f"{endpoint.pk}/dispatch/chosen/", payload=sent).status_code == 400
    assert receiver.received() == []


def test_returns_to_the_list_with_its_filter_if_nothing_was_chosen(
    endpoint: Endpoint, client: Client, receiver: Receiver
) -> None:
    queue_payloads(endpoint, 1)
    queue = f"/integrations/{endpoint.pk}/queue/"
    page = client.get(queue, {"state": "queued"}).content.decode()
    chosen = f"{endpoint.pk}/dispatch/chosen/"
    assert f'action="/integrations/{chosen}?state=queued"' in page

    answer = post(client, f"{chosen}?state=queued")

    assert answer.redirect_chain == [(f"{queue}?state=queued", 302)]
    shown = answer.content.decode()
    assert "Choose at least one payload." in shown
    assert '<option value="queued" selected>' in shown
    assert post(client, chosen).redirect_chain == [(queue, 302)]
    assert receiver.received() == []
    refused = Event.objects.filter(action="integrations.dispatch.start", outcome="refused")
    assert [event.reason for event in refused] == ["NO_DATA", "NO_DATA"], "each is in the trail"
    as_json = client.post(f"/integrations/{chosen}", headers={"Accept": "application/json"})
    assert (as_json.status_code, as_json.json()["reason"]) == (400, "NO_DATA")


def test_sends_everything_queued(endpoint: Endpoint, client: Client, receiver: Receiver) -> None:
    tried, *_others = queue_payloads(endpoint, 4)
    post(client, f"payloads/{tried.pk}/dispatch/")

    answer = post(client, f"{endpoint.pk}/dispatch/")

    assert "3 payloads were delivered." in answer.content.decode()
    assert post(client, f"{endpoint.pk}/dispatch/").status_code == 400, "nothing is queued"


def test_a_receiver_that_was_never_tried_may_be_slow_so_a_job_sends(
    endpoint: Endpoint, client: Client, receiver: Receiver
) -> None:
    queue_payloads(endpoint, 3)

    answer = post(client, f"{endpoint.pk}/dispatch/")

    assert answer.redirect_chain == [(f"/jobs/{Job.objects.get().pk}/", 302)]
    assert receiver.received() == []


def test_many_are_sent_by_a_job(endpoint: Endpoint, client: Client, acacia: Any, receiver: Receiver) -> None:
    queue_payloads(endpoint, 21)

    answer = post(client, f"{endpoint.pk}/dispatch/")

    job = Job.objects.get()
    assert answer.redirect_chain == [(f"/jobs/{job.pk}/", 302)]
    assert receiver.received() == []
    runner.run(acacia.schema_name, str(job.pk))
    job.refresh_from_db()
    done = Dispatch.objects.get()
    assert job.result == {
        "dispatch": str(done.pk), "amount": 21, "delivered": 21, "failed": 0, "unknown": 0,
    }  # fmt: skip
    assert numbers_in([request.body for request in receiver.received()]) == list(range(1, 22))
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert f"/integrations/dispatches/{done.pk}/" in page


@pytest.mark.parametrize(("duration_ms", "is_job"), [(5_000, True), (50, False)])
def test_a_few_to_a_slow_receiver_are_sent_by_a_job(
    endpoint: Endpoint, client: Client, receiver: Receiver, duration_ms: int, is_job: bool
) -> None:
    first, *_rest = queue_payloads(endpoint, 4)
    earlier = make_dispatch_row(endpoint)
    make_attempt_row(earlier, first, outcome="failed", duration_ms=duration_ms)
    finish_row(earlier, failed=1)

    post(client, f"{endpoint.pk}/dispatch/")

    assert Job.objects.exists() == is_job
    assert len(receiver.received()) == (0 if is_job else 3)


def test_a_job_of_a_person_who_may_no_longer_send_is_refused(
    endpoint: Endpoint, client: Client, acacia: Any, receiver: Receiver
) -> None:
    queue_payloads(endpoint, 21)
    post(client, f"{endpoint.pk}/dispatch/")
    person = people.person("manager", acacia)
    type(person).objects.filter(pk=person.pk).update(role="viewer")

    runner.run(acacia.schema_name, str(Job.objects.get().pk))

    assert Job.objects.get().state == "refused"
    assert receiver.received() == []


def test_sends_a_test_event_before_the_endpoint_is_enabled(
    endpoint: Endpoint, client: Client, receiver: Receiver
) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(is_enabled=False)

    answer = post(client, f"{endpoint.pk}/test/")

    assert answer.status_code == 200
    (got,) = receiver.received()
    assert got.json["type"] == catalogue.TEST
    payload = Payload.objects.get()
    assert (payload.state, payload.number, Dispatch.objects.get().kind) == ("delivered", 1, "test")


def test_a_job_that_was_interrupted_says_what_to_look_at(
    endpoint: Endpoint, client: Client, acacia: Any, receiver: Receiver
) -> None:
    """What it sent cannot be undone, so its page does not say that nothing was saved."""
    queue_payloads(endpoint, 21)
    post(client, f"{endpoint.pk}/dispatch/")
    job = Job.objects.get()
    Job.objects.update(state="running", attempts=1, started_at=job.created_at)
    runner.run(acacia.schema_name, str(job.pk))

    answer = client.get(f"/jobs/{job.pk}/", headers={"hx-request": "true"})
    page = answer.content.decode()
    assert "It is not started again by itself" in page
    assert f'href="/integrations/{endpoint.pk}/dispatches/"' in page
    assert "Nothing was saved halfway" not in page
    assert "HX-Redirect" not in answer
    assert receiver.received() == []


@pytest.mark.parametrize("maker", ["manager", "viewer", "nobody"])
def test_sends_a_test_event_while_the_endpoint_is_paused(
    endpoint: Endpoint, client: Client, acacia: Any, receiver: Receiver, maker: str
) -> None:
    """It contains nothing of the inventory, so no right of the maker is needed for it: not even that to see values."""
    ref = maker if maker == "nobody" else people.person(maker, acacia).ref
    Endpoint.objects.filter(pk=endpoint.pk).update(maker=ref, with_values=True)

    answer = post(client, f"{endpoint.pk}/test/")

    assert "1 payload was delivered." in answer.content.decode()
    assert [got.json["type"] for got in receiver.received()] == [catalogue.TEST]
    assert not Payload.objects.get().with_values


def test_queues_no_test_event_while_payloads_are_sent(
    endpoint: Endpoint, client: Client, receiver: Receiver
) -> None:
    """It would stay behind in the queue, although its button was refused."""
    with locking.sender(endpoint.pk) as other:
        assert other.take()
        assert post(client, f"{endpoint.pk}/test/").status_code == 409
    assert not Payload.objects.exists()
    assert post(client, f"{endpoint.pk}/test/").status_code == 200
    assert len(receiver.received()) == 1


def test_sets_and_ends_a_schedule(endpoint: Endpoint, client: Client) -> None:
    path = f"{endpoint.pk}/schedule/"
    assert post(client, path, every_minutes="7").status_code == 400
    answer = post(client, path, every_minutes="15")
    assert "is sent every 15 minutes from now on." in answer.content.decode()
    assert post(client, path, every_minutes="60").status_code == 409
    assert Schedule.objects.get().every_minutes == 15
    page = client.get(f"/integrations/{endpoint.pk}/").content.decode()
    assert "Everything queued is sent every 15 minutes." in page
    assert "Asora never repeats a failed one by itself." in page
    assert "End the schedule" in page

    answer = post(client, f"{path}end/")
    assert "The schedule was ended." in answer.content.decode()
    assert "Set the schedule" in answer.content.decode()
    assert Schedule.objects.get().ended_at is not None
    assert post(client, f"{path}end/").status_code == 404


@pytest.mark.parametrize("role", ["viewer", "receiver"])
@pytest.mark.parametrize("button", ["dispatch/", "dispatch/chosen/", "test/", "schedule/", "schedule/end/"])
def test_refuses_people_who_may_not_send(
    endpoint: Endpoint, client_as: Callable[..., Client], receiver: Receiver, role: str, button: str
) -> None:
    queue_payloads(endpoint, 1)
    assert post(client_as(role), f"{endpoint.pk}/{button}").status_code == 403
    assert receiver.received() == []


def test_hides_from_the_other_tenant(
    endpoint: Endpoint, client_as: Callable[..., Client], birch: Any, receiver: Receiver
) -> None:
    (payload,) = queue_payloads(endpoint, 1)
    outsider = client_as("outsider", tenant=birch)
    assert post(outsider, f"payloads/{payload.pk}/dispatch/").status_code == 404
    assert post(outsider, f"{endpoint.pk}/dispatch/").status_code == 404
    assert receiver.received() == []
