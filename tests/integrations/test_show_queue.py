"""The pages of the queue: payloads, attempts and dispatches, and what a reader of some hubs or without values sees."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from guardian.shortcuts import assign_perm

from asora.accounts.roles.table import GRANTS
from asora.kernel.permissions import Permission
from integrations.diagnosis.listings import attempts_of, dispatches_of, queue_of
from integrations.dispatch.models import Dispatch
from integrations.endpoints.actions import disable_endpoint
from integrations.outbox.models import Payload
from tests.factories import documents
from tests.factories.endpoints import make_endpoint as make_real
from tests.factories.people import add_person
from tests.integrations.rows import MARK, attempt_payload, make_endpoint, queue_payload

ASKED = "acacia-01ARZ3NDEKTSV4RRFFQ69G5FAV"


def show(client: Any, name: str, *arguments: Any, **query: Any) -> str:
    """The text of a page that must open."""
    response = client.get(reverse(f"integrations:{name}", args=arguments, urlconf="asora.urls_tenant"), query)
    assert response.status_code == 200, response.content.decode()[:2000]
    return response.content.decode()


def test_lists_payloads_from_the_newest_with_the_last_answer(acacia: Any, client_as: Any) -> None:
    endpoint = make_endpoint()
    first, second = (queue_payload(endpoint) for _number in (1, 2))
    attempt_payload(first, http_status=503)
    attempt_payload(first, http_status=None, fault="timeout")
    page = show(client_as("manager"), "queue", endpoint.pk)
    assert page.index(str(second.pk)) < page.index(str(first.pk))
    assert "No complete answer within 5 seconds" in page
    assert ">503<" not in page


def test_pages_by_number(acacia: Any, client_as: Any) -> None:
    endpoint, other = make_endpoint(), make_endpoint("Other")
    for _number in range(55):
        queue_payload(endpoint)
    foreign = queue_payload(other)
    client = client_as("owner")
    first = client.get(reverse("integrations:queue", args=[endpoint.pk], urlconf="asora.urls_tenant"))
    listed = first.context["page"]
    assert [row.number for row in listed.rows] == list(range(55, 5, -1))
    assert str(foreign.pk) not in first.content.decode()
    rest = client.get(first.request["PATH_INFO"], {"after": listed.after}).context["page"]
    assert [row.number for row in rest.rows] == [5, 4, 3, 2, 1]
    elsewhere = reverse("integrations:queue", args=[other.pk], urlconf="asora.urls_tenant")
    assert client.get(elsewhere, {"after": listed.after}).status_code == 400, "a key is valid for one queue"


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"find": "2"}, [2]),
        ({"find": ASKED}, [3]),
        ({"state": "failed"}, [1]),
        ({"state": "failed", "find": "2"}, []),
        ({"find": "99999"}, []),
    ],
)
def test_finds_by_number_request_and_state(
    acacia: Any, client_as: Any, query: dict[str, str], numbers: list[int]
) -> None:
    endpoint = make_endpoint()
    attempt_payload(queue_payload(endpoint))
    queue_payload(endpoint)
    queue_payload(endpoint, request_id=ASKED)
    address = reverse("integrations:queue", args=[endpoint.pk], urlconf="asora.urls_tenant")
    listed = client_as("owner").get(address, query).context["page"]
    assert [row.number for row in listed.rows] == numbers


@pytest.mark.parametrize("text", ["0", "-1", "x", "²", "9" * 30, "acacia-01", "1\x00"])
def test_refuses_to_find_nonsense(acacia: Any, client_as: Any, text: str) -> None:
    endpoint = make_endpoint()
    address = reverse("integrations:queue", args=[endpoint.pk], urlconf="asora.urls_tenant")
    assert client_as("owner").get(address, {"find": text}).status_code == 400


def test_shows_a_payload_as_sent_with_its_attempts(acacia: Any, client_as: Any) -> None:
    payload = queue_payload(make_endpoint())
    attempt_payload(payload, answer="<b>no room</b>", http_status=507)
    page = show(client_as("manager"), "payload", payload.pk)
    assert MARK in page
    assert "&lt;b&gt;no room&lt;/b&gt;" in page
    assert "The receiver failed." in page
    assert "send the payload again" in page


def test_hides_a_payload_of_another_hub(acacia: Any, master_data: Any, client_as: Any) -> None:
    north, south = master_data.north, master_data.south
    endpoint = make_endpoint()
    payload = queue_payload(endpoint, hubs=[north.pk, south.pk], request_id=ASKED)
    attempt_payload(payload, answer="we know BOLT")
    person = add_person("manager", name="northern", all_hubs=False)
    assign_perm("inventory.operate_hub", person, north)
    client = client_as(user=person)
    listed = show(client, "queue", endpoint.pk)
    assert "Hidden from you" in listed
    assert "inventory.posting.receipt.v1" not in listed
    page = show(client, "payload", payload.pk)
    for hidden in (MARK, "we know BOLT", payload.event_id, ASKED, "inventory.posting.receipt.v1"):
        assert hidden not in page
    address = reverse("integrations:queue", args=[endpoint.pk], urlconf="asora.urls_tenant")
    assert not client.get(address, {"find": ASKED}).context["page"].rows
    whole = queue_payload(endpoint, hubs=[north.pk])
    assert MARK in show(client, "payload", whole.pk)


def test_hides_a_payload_of_a_type_that_the_role_does_not_show(cedar: Any, client_as: Any) -> None:
    """A segregated manager may dispatch, but sees neither plans nor the audit trail."""
    kind = "inventory.tenant.plan_changed.v1"
    payload = queue_payload(make_endpoint(), event_type=kind, request_id=ASKED)
    attempt_payload(payload, answer="they are on pro now")
    client = client_as("manager")
    page = show(client, "payload", payload.pk)
    for hidden in (MARK, "they are on pro now", payload.event_id, ASKED, kind):
        assert hidden not in page
    assert kind not in show(client, "queue", payload.endpoint_id)
    assert MARK in show(client_as("owner"), "payload", payload.pk)


def test_hides_values_from_a_reader_without_values(
    master_data: Any, act_as: Any, client_as: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_real(act_as("owner"), with_values=True)
    documents.receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "41", "77.1234"))
    payload = Payload.objects.get()
    attempt_payload(payload, answer="Not accepted: 77.1234 EUR")  # some receivers repeat what they got
    assert show(client_as("manager"), "payload", payload.pk).count("77.1234") > 1
    granted = GRANTS["standard"]["manager"] - {Permission.LEDGER_VIEW_VALUE}  # no present role is like that
    monkeypatch.setitem(GRANTS["standard"], "manager", granted)  # type: ignore[arg-type]
    page = show(client_as("manager"), "payload", payload.pk)
    assert "BOLT" in page
    assert "77.1234" not in page
    assert "which your role does not show" in page
    assert hashlib.sha256(bytes(payload.body)).hexdigest() not in page, (
        "a digest would tell a guesser the values"
    )


def test_offers_to_send_only_what_can_be_sent(acacia: Any, act_as: Any, client_as: Any) -> None:
    endpoint = make_real(act_as("owner"))
    queued, failed = queue_payload(endpoint), queue_payload(endpoint)
    attempt_payload(failed)
    client = client_as("manager")
    assert f'action="/integrations/payloads/{queued.pk}/dispatch/"' in show(client, "payload", queued.pk)
    page = show(client, "payload", failed.pk)
    assert f'action="/integrations/payloads/{failed.pk}/again/"' in page
    assert '<input type="hidden" name="seen" value="1">' in page
    page = show(client, "queue", endpoint.pk)
    assert f'value="{queued.pk}"' in page
    assert f'value="{failed.pk}:1"' in page
    assert f'action="/integrations/{endpoint.pk}/dispatch/"' in page
    disable_endpoint(act_as("owner"), endpoint=endpoint)
    for page in (show(client, "queue", endpoint.pk), show(client, "payload", failed.pk)):
        assert "/dispatch/" not in page
        assert "/again/" not in page
    assert "This endpoint is disabled" in show(client, "queue", endpoint.pk)


def test_shows_a_dispatch_and_the_lists_of_an_endpoint(acacia: Any, client_as: Any) -> None:
    payload = queue_payload(make_endpoint())
    attempt = attempt_payload(payload)
    client = client_as("manager")
    page = show(client, "dispatch-detail", attempt.dispatch_id)
    assert Dispatch.objects.get().request_id in page
    assert str(payload.pk) in page
    assert str(payload.pk) in show(client, "attempts", payload.endpoint_id)
    assert (
        not client.get(
            reverse("integrations:attempts", args=[payload.endpoint_id], urlconf="asora.urls_tenant"),
            {"outcome": "delivered"},
        )
        .context["page"]
        .rows
    )
    assert str(attempt.dispatch_id) in show(client, "dispatches", payload.endpoint_id)


@pytest.mark.parametrize("role", ["receiver", "viewer", "counter"])
def test_refuses_people_who_may_not_dispatch(acacia: Any, client_as: Any, role: str) -> None:
    payload = queue_payload(make_endpoint())
    address = reverse("integrations:payload", args=[payload.pk], urlconf="asora.urls_tenant")
    assert client_as(role).get(address).status_code == 403


def test_keeps_the_payloads_of_a_removed_endpoint_readable(acacia: Any, client_as: Any) -> None:
    endpoint = make_endpoint(is_enabled=False, removed_at=timezone.now())
    payload = queue_payload(endpoint)
    assert str(payload.pk) in show(client_as("owner"), "queue", endpoint.pk)
    assert MARK in show(client_as("owner"), "payload", payload.pk)


@pytest.mark.parametrize(
    ("listing", "filters", "index"),
    [
        (queue_of, {}, "integrations_payload_endpoint_id_number_key"),
        (attempts_of, {}, "integrations_attempt_time"),
        (attempts_of, {"outcome": "failed"}, "integrations_attempt_time"),
        (dispatches_of, {}, "integrations_dispatch_time"),
    ],
)
def test_lists_are_read_in_their_order_by_an_index(
    acacia: Any, act_as: Any, listing: Any, filters: dict[str, Any], index: str
) -> None:
    found = listing(make_endpoint())
    rows = found.query(act_as("owner"), filters).order_by(*(f"-{name}" for name in found.order))[:51]
    with connection.cursor() as cursor:
        for setting in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
            cursor.execute(f"SET LOCAL {setting} = off")
    assert f"using {index}" in rows.explain()
