"""Dispatch: one attempt for each payload, in order, by explicit instruction, with its result in the trail."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

import pytest
from guardian.shortcuts import assign_perm
from standardwebhooks import Webhook

from asora.kernel.refusals import PermissionDenied, Refusal, RouteNotFound, StateConflict, ValidationFailed
from audit.events.models import Event
from integrations.dispatch.models import Attempt, Dispatch
from integrations.dispatch.plan import MAX_CHOSEN, Chosen
from integrations.dispatch.running import dispatch
from integrations.endpoints.actions import disable_endpoint, remove_endpoint, rotate_secret
from integrations.endpoints.models import Endpoint
from integrations.endpoints.secrets import signing_secrets
from integrations.outbox.models import EndpointNumber, Payload
from plans.models import TenantFreeze
from tests.factories import people
from tests.factories.dispatches import make_attempt_row, make_dispatch_row, make_receiving_endpoint
from tests.factories.master_data import MasterData
from tests.factories.payloads import numbers_in, queue_payloads
from tests.integrations.receiver import Receiver

Act = Any


@pytest.fixture
def endpoint(acacia: Any, receiver: Receiver) -> Endpoint:
    """An endpoint of Acacia's owner at the receiver."""
    return make_receiving_endpoint(receiver.url("/hook"), people.person("owner", acacia).ref)


@pytest.fixture
def act(act_as: Callable[..., Act]) -> Act:
    return act_as("manager")


def states(endpoint: Endpoint) -> list[str]:
    return list(Payload.objects.filter(endpoint=endpoint).order_by("number").values_list("state", flat=True))


def last_event(action: str) -> Event:
    return Event.objects.filter(action=action).order_by("-number")[0]


def arrived(receiver: Receiver) -> list[int]:
    return numbers_in([request.body for request in receiver.received()])


def test_sends_everything_queued_once_and_in_order(endpoint: Endpoint, act: Act, receiver: Receiver) -> None:
    queued = queue_payloads(endpoint, 5)

    done = dispatch(act, endpoint=endpoint, kind="all")

    assert arrived(receiver) == [1, 2, 3, 4, 5]
    assert states(endpoint) == ["delivered"] * 5
    assert (done.amount, done.delivered, done.failed, done.unknown, done.cut_short) == (5, 5, 0, 0, "")
    assert done.finished_at is not None
    attempt = Attempt.objects.get(payload=queued[0])
    assert (attempt.ordinal, attempt.outcome, attempt.http_status, attempt.fault) == (1, "delivered", 200, "")
    assert attempt.duration_ms is not None
    with pytest.raises(ValidationFailed):
        dispatch(act, endpoint=endpoint, kind="all")
    assert len(receiver.received()) == 5


def test_each_request_is_signed_and_is_a_cloud_event(
    endpoint: Endpoint, act: Act, receiver: Receiver
) -> None:
    (payload,) = queue_payloads(endpoint, 1)

    dispatch(act, endpoint=endpoint, kind="all")

    (got,) = receiver.received()
    assert got.body == bytes(Payload.objects.get(pk=payload.pk).body)
    assert got.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert got.headers["webhook-id"] == payload.event_id
    (secret,) = signing_secrets(endpoint)
    Webhook(secret).verify(got.body, dict(got.headers))


def test_the_trail_has_the_start_and_the_end(endpoint: Endpoint, act: Act, receiver: Receiver) -> None:
    queue_payloads(endpoint, 3)
    receiver.behave("good", first=["good", "error"])

    done = dispatch(act, endpoint=endpoint, kind="all")

    start, end = last_event("integrations.dispatch.start"), last_event("integrations.dispatch.finish")
    assert (start.actor_ref, start.outcome, start.dispatch_ref) == (act.actor.ref, "allowed", str(done.pk))
    assert start.changes[0]["after"] == {"endpoint": "Warehouse system", "kind": "all", "amount": 3}
    assert (end.actor_type, end.request_id, end.dispatch_ref) == ("system", act.request_id, str(done.pk))
    assert {**end.changes[0]["after"], "finished_at": None} == {
        "delivered": 2, "failed": 1, "unknown": 0, "not_sent": 0, "finished_at": None,
    }  # fmt: skip
    name = f"Warehouse system, dispatch {done.pk.hex[-8:]}"
    assert (start.resource_label, end.resource_label) == (name, f"{name}: 2 of 3 delivered")
    assert end.facts["not_delivered"] == [
        {"number": 2, "outcome": "failed", "fault": "status", "http_status": 500}
    ]


def test_a_failed_payload_holds_up_no_other_and_is_not_sent_again_by_itself(
    endpoint: Endpoint, act: Act, receiver: Receiver
) -> None:
    queue_payloads(endpoint, 4)
    receiver.behave("good", first=["error", "cut_off"])

    dispatch(act, endpoint=endpoint, kind="all")
    assert states(endpoint) == ["failed", "failed", "delivered", "delivered"]
    queue_payloads(endpoint, 1)
    dispatch(act, endpoint=endpoint, kind="all")

    assert states(endpoint) == ["failed", "failed", "delivered", "delivered", "delivered"]
    assert arrived(receiver)[-1] == 5
    assert Attempt.objects.count() == 5


def test_sends_again_as_a_new_attempt_with_the_same_body(
    endpoint: Endpoint, act: Act, receiver: Receiver
) -> None:
    (payload,) = queue_payloads(endpoint, 1)
    receiver.behave("good", first=["error"])
    dispatch(act, endpoint=endpoint, kind="all")
    time.sleep(1.1)  # times are signed as whole seconds

    dispatch(act, endpoint=endpoint, kind="again", chosen=[Chosen(payload.pk, 1)])

    first, second = receiver.received()
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert int(first.headers["webhook-timestamp"]) < int(second.headers["webhook-timestamp"])
    assert not set(first.headers["webhook-signature"].split()) & set(
        second.headers["webhook-signature"].split()
    )
    for request in (first, second):
        Webhook(signing_secrets(endpoint)[0]).verify(request.body, dict(request.headers))
    assert list(Attempt.objects.order_by("ordinal").values_list("ordinal", "outcome")) == [
        (1, "failed"), (2, "delivered"),
    ]  # fmt: skip
    assert states(endpoint) == ["delivered"]
    assert last_event("integrations.dispatch.start").changes[0]["after"]["kind"] == "again"


def test_two_clicks_send_once(endpoint: Endpoint, act: Act, receiver: Receiver) -> None:
    (payload,) = queue_payloads(endpoint, 1)
    receiver.behave("error")
    dispatch(act, endpoint=endpoint, kind="one", chosen=[Chosen(payload.pk)])
    for seen in (0, 2):
        with pytest.raises(StateConflict) as refused:
            dispatch(act, endpoint=endpoint, kind="again", chosen=[Chosen(payload.pk, seen)])
        assert refused.value.reason == "STALE_FORM"
    assert len(receiver.received()) == 1


def test_sends_the_chosen_ones_in_the_order_of_their_numbers(
    endpoint: Endpoint, act: Act, receiver: Receiver
) -> None:
    queued = queue_payloads(endpoint, 5)

    dispatch(act, endpoint=endpoint, kind="chosen", chosen=[Chosen(queued[n].pk) for n in (3, 0, 2)])

    assert arrived(receiver) == [1, 3, 4]
    assert states(endpoint) == ["delivered", "queued", "delivered", "delivered", "queued"]


@pytest.mark.parametrize("is_unknown", [True, False])
def test_refuses_payloads_that_are_not_there(
    endpoint: Endpoint, act: Act, receiver: Receiver, is_unknown: bool
) -> None:
    other = make_receiving_endpoint(receiver.url(), endpoint.maker, "Another")
    (payload,) = queue_payloads(other, 1)
    chosen = Chosen(other.pk if is_unknown else payload.pk)
    with pytest.raises(RouteNotFound):
        dispatch(act, endpoint=endpoint, kind="one", chosen=[chosen])
    assert receiver.received() == []


def test_refuses_too_many_chosen_ones(endpoint: Endpoint, act: Act) -> None:
    chosen = [Chosen(payload.pk) for payload in queue_payloads(endpoint, MAX_CHOSEN + 1)]
    with pytest.raises(ValidationFailed) as refused:
        dispatch(act, endpoint=endpoint, kind="chosen", chosen=chosen)
    assert refused.value.reason == "TOO_LARGE"


def test_refuses_the_viewer_and_leaves_only_the_event(
    endpoint: Endpoint, act_as: Callable[..., Act], receiver: Receiver
) -> None:
    queue_payloads(endpoint, 1)
    with pytest.raises(PermissionDenied):
        dispatch(act_as("viewer"), endpoint=endpoint, kind="all")
    assert receiver.received() == []
    assert not Dispatch.objects.exists()
    event = last_event("integrations.dispatch.start")
    assert (event.outcome, event.code, event.resource_id) == (
        "refused",
        "PERMISSION_DENIED",
        str(endpoint.pk),
    )


def refuse(act: Act, endpoint: Endpoint) -> Refusal:
    with pytest.raises(Refusal) as refused:
        dispatch(act, endpoint=endpoint, kind="all")
    assert not Dispatch.objects.exists()
    return refused.value


def test_refuses_a_disabled_endpoint(
    endpoint: Endpoint, act: Act, act_as: Callable[..., Act], receiver: Receiver
) -> None:
    queue_payloads(endpoint, 1)
    disable_endpoint(act_as("owner"), endpoint=endpoint)
    assert refuse(act, endpoint).reason == "ENDPOINT_DISABLED"
    assert receiver.received() == []


def test_refuses_a_paused_endpoint_and_says_why(
    endpoint: Endpoint, act: Act, acacia: Any, receiver: Receiver
) -> None:
    queue_payloads(endpoint, 1)
    Endpoint.objects.filter(pk=endpoint.pk).update(maker=people.person("manager", acacia).ref)
    refusal = refuse(act, endpoint)
    assert refusal.reason == "ENDPOINT_PAUSED"
    assert "Set up integrations" in refusal.message


def test_refuses_a_removed_endpoint(endpoint: Endpoint, act: Act, act_as: Callable[..., Act]) -> None:
    queue_payloads(endpoint, 1)
    remove_endpoint(act_as("owner"), endpoint=endpoint)
    assert refuse(act, endpoint).reason == "NOT_ACTIVE"


def test_refuses_in_a_frozen_tenant(endpoint: Endpoint, act: Act, acacia: Any, receiver: Receiver) -> None:
    queue_payloads(endpoint, 1)
    TenantFreeze.objects.create(tenant=acacia, reason="Drill", frozen_by="u-1")
    assert refuse(act, endpoint).reason == "FREEZE_ACTIVE"
    assert receiver.received() == []


def test_passes_over_what_the_maker_may_no_longer_see(
    endpoint: Endpoint, act: Act, master_data: MasterData, receiver: Receiver
) -> None:
    """Payloads from before a change of settings: of another hub, with values. They stay queued."""
    maker = people.add_person("owner", name="maker", all_hubs=False)
    assign_perm("inventory.operate_hub", maker, master_data.north)
    Endpoint.objects.filter(pk=endpoint.pk).update(all_hubs=False, maker=maker.ref)
    endpoint.hubs.set([master_data.north])
    queue_payloads(endpoint, 1, hubs=[master_data.north.pk])
    elsewhere, both = (
        queue_payloads(endpoint, 1, hubs=hubs)[0]
        for hubs in ([master_data.south.pk], [master_data.north.pk, master_data.south.pk])
    )
    queue_payloads(endpoint, 1)

    done = dispatch(act, endpoint=endpoint, kind="all")

    assert (done.amount, arrived(receiver)) == (2, [1, 4])
    assert states(endpoint) == ["delivered", "queued", "queued", "delivered"]
    for payload in (elsewhere, both):
        with pytest.raises(StateConflict) as refused:
            dispatch(act, endpoint=endpoint, kind="one", chosen=[Chosen(payload.pk)])
        assert refused.value.reason == "ENDPOINT_PAUSED"
    with pytest.raises(ValidationFailed):
        dispatch(act, endpoint=endpoint, kind="all")
    assert len(receiver.received()) == 2


def test_a_dispatch_whose_sender_died_is_closed_by_the_next_one(
    endpoint: Endpoint, act: Act, receiver: Receiver
) -> None:
    first, _second, _third = queue_payloads(endpoint, 3)
    dead = make_dispatch_row(endpoint, amount=3)
    make_attempt_row(dead, first)

    done = dispatch(act, endpoint=endpoint, kind="all")

    dead.refresh_from_db()
    assert (dead.unknown, dead.delivered, dead.cut_short) == (1, 0, "interrupted")
    assert states(endpoint) == ["unknown", "delivered", "delivered"]
    assert (done.amount, arrived(receiver)) == (2, [2, 3])
    event = last_event("integrations.dispatch.settle")
    assert event.facts["not_delivered"] == [
        {"number": 1, "outcome": "unknown", "fault": "", "http_status": None}
    ]
    assert event.cause_id == dead.request_id


def test_signs_with_both_secrets_after_a_rotation(
    endpoint: Endpoint, act: Act, act_as: Callable[..., Act], receiver: Receiver
) -> None:
    queue_payloads(endpoint, 1)
    (older,) = signing_secrets(endpoint)
    rotate_secret(act_as("owner"), endpoint=endpoint)
    newer, same = signing_secrets(endpoint)
    assert same == older

    dispatch(act, endpoint=endpoint, kind="all")

    (got,) = receiver.received()
    for secret in (older, newer):
        Webhook(secret).verify(got.body, dict(got.headers))


def test_keeps_the_first_kilobyte_of_the_answer_without_secrets(
    endpoint: Endpoint, act: Act, receiver: Receiver
) -> None:
    queue_payloads(endpoint, 1)
    (secret,) = signing_secrets(endpoint)
    text = base64.b64encode(secret).decode()
    receiver.behave("status", status=500, body=f"wrong: whsec_{text}, {secret.hex()} " + "x" * 3000)

    dispatch(act, endpoint=endpoint, kind="all")

    kept = Attempt.objects.get().answer
    assert kept.startswith("wrong: ")
    assert text not in kept
    assert secret.hex() not in kept
    assert len(kept.encode()) <= 1024


def test_what_retention_released_is_not_sent(endpoint: Endpoint, act: Act, receiver: Receiver) -> None:
    queue_payloads(endpoint, 2, days_ago=100)
    EndpointNumber.objects.filter(endpoint=endpoint).update(deleted_upto=1)

    dispatch(act, endpoint=endpoint, kind="all")

    assert arrived(receiver) == [2]
