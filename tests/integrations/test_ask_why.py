"""Why did nothing arrive? Every place where an event can stop, made by the product's own actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from guardian.shortcuts import assign_perm

from asora.accounts.people.actions.people import change_role
from asora.accounts.roles.table import GRANTS
from asora.kernel.act import Act
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from audit.events.models import Event
from integrations.diagnosis import subjects
from integrations.diagnosis.steps import Explanation, Name, Verdict
from integrations.diagnosis.why import Answer, answer
from integrations.endpoints import actions
from integrations.endpoints.models import Endpoint
from integrations.feed.actions import issue_token
from integrations.outbox.models import Payload
from integrations.types import describe
from inventory.actions.categories import create_category
from inventory.models import ReorderRevision
from ledger.models import Kind
from tests.factories import documents
from tests.factories.endpoints import ISSUE, RECEIPT, make_endpoint
from tests.factories.master_data import MasterData
from tests.factories.people import add_person
from tests.integrations.rows import attempt_payload

Acts = Callable[..., Act]


def last_event() -> Event:
    return Event.objects.order_by("-number")[0]


def receive(act: Act, master_data: MasterData, address: str = "NORTH/A-1") -> int:
    return documents.receive(act, master_data, ("BOLT", address, "41", "2"))


def asked(act: Act, endpoint: Endpoint, about: object) -> Answer:
    endpoint.refresh_from_db()
    return answer(act.actor, endpoint, subjects.find(act.actor, str(about)))


def only(act: Act, endpoint: Endpoint, about: object) -> Explanation:
    [explanation] = asked(act, endpoint, about).explanations
    return explanation


def verdicts(explanation: Explanation) -> dict[Name, Verdict]:
    return {step.name: step.verdict for step in explanation.steps}


def assert_stops(explanation: Explanation, at: Name, *, verdict: Verdict = Verdict.STOPPED) -> None:
    """Everything before is green, and everything behind was not reached."""
    names = list(Name)
    place = names.index(at)
    found = verdicts(explanation)
    assert [found[name] for name in names[:place]] == [Verdict.PASSED] * place, found
    assert found[at] is verdict
    assert {found[name] for name in names[place + 1 :]} <= {Verdict.WAITING}
    assert explanation.end.name is at
    assert not explanation.has_arrived


def test_what_waits_in_the_queue_was_not_dispatched(master_data: MasterData, act_as: Acts) -> None:
    endpoint = make_endpoint(act_as("owner"))
    position = receive(act_as("manager"), master_data)
    found = only(act_as("manager"), endpoint, position)
    assert_stops(found, Name.DISPATCH)
    assert found.payload is not None
    assert "Queued as number 1." in [step.text for step in found.steps]


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [("delivered", None), ("failed", Verdict.STOPPED), ("unknown", Verdict.UNKNOWN)],
)
def test_what_was_sent_is_explained_by_its_answer(
    master_data: MasterData, act_as: Acts, outcome: str, verdict: Verdict | None
) -> None:
    endpoint = make_endpoint(act_as("owner"))
    position = receive(act_as("manager"), master_data)
    payload = Payload.objects.get(endpoint=endpoint)
    attempt_payload(payload)
    attempt_payload(
        payload, outcome=outcome, fault="timeout" if outcome == "failed" else "", http_status=None
    )
    found = only(act_as("manager"), endpoint, position)
    if verdict is None:
        assert found.has_arrived
    else:
        assert_stops(found, Name.ANSWER, verdict=verdict)
        assert found.end.next_steps
    assert "Sent 2 times." in [step.text for step in found.steps]


def test_what_the_receiver_read_from_the_feed_has_arrived(
    master_data: MasterData, act_as: Acts, client_as: Any
) -> None:
    endpoint = make_endpoint(act_as("owner"))
    first, second = receive(act_as("manager"), master_data), receive(act_as("manager"), master_data)
    token = issue_token(act_as("owner"), endpoint=endpoint)
    for after in (0, 1):
        assert_stops(only(act_as("manager"), endpoint, first), Name.DISPATCH)
        headers = {"Authorization": f"Bearer {token}"}
        answered = client_as().get("/integrations/feed", {"after": after}, headers=headers, secure=True)
        assert answered.status_code == 200
    found = only(act_as("manager"), endpoint, first)
    assert found.has_arrived
    assert_stops(only(act_as("manager"), endpoint, second), Name.DISPATCH)


def test_what_was_delivered_once_has_arrived(master_data: MasterData, act_as: Acts) -> None:
    endpoint = make_endpoint(act_as("owner"))
    position = receive(act_as("manager"), master_data)
    payload = Payload.objects.get(endpoint=endpoint)
    attempt_payload(payload, outcome="delivered", fault="", http_status=200)
    attempt_payload(payload)
    found = only(act_as("manager"), endpoint, position)
    assert found.has_arrived
    assert "earlier attempt" in str(found.steps[-1].text)


def test_it_was_disabled_then_although_it_is_enabled_now(master_data: MasterData, act_as: Acts) -> None:
    endpoint = make_endpoint(act_as("owner"), is_enabled=False)
    position = receive(act_as("manager"), master_data)
    found = only(act_as("manager"), endpoint, position)
    assert_stops(found, Name.ENABLED)
    assert "still is" in str(found.end.text)
    actions.enable_endpoint(act_as("owner"), endpoint=endpoint)
    found = only(act_as("manager"), endpoint, position)
    assert_stops(found, Name.ENABLED)
    assert "enabled since" in str(found.end.text)
    later = receive(act_as("manager"), master_data)
    actions.disable_endpoint(act_as("owner"), endpoint=endpoint)
    found = only(act_as("manager"), endpoint, later)
    assert_stops(found, Name.DISPATCH)
    assert "Enable it" in str(found.end.next_steps)


def test_the_endpoint_came_later(master_data: MasterData, act_as: Acts) -> None:
    position = receive(act_as("manager"), master_data)
    endpoint = make_endpoint(act_as("owner"))
    found = only(act_as("manager"), endpoint, position)
    assert_stops(found, Name.ENABLED)
    assert "did not exist yet" in str(found.end.text)


def test_the_event_type_was_not_chosen_then(master_data: MasterData, act_as: Acts) -> None:
    endpoint = make_endpoint(act_as("owner"), event_types=[ISSUE])
    position = receive(act_as("manager"), master_data)
    found = only(act_as("manager"), endpoint, position)
    assert_stops(found, Name.TYPE)
    assert "does not receive" in str(found.end.text)
    actions.change_endpoint(
        act_as("owner"),
        endpoint=endpoint,
        version=1,
        name=endpoint.name,
        url=endpoint.url,
        event_types=[ISSUE, RECEIPT],
        hubs=None,
        with_values=False,
    )
    found = only(act_as("manager"), endpoint, position)
    assert_stops(found, Name.TYPE)
    assert "chosen since" in str(found.end.text)


def test_it_concerned_another_hub(master_data: MasterData, act_as: Acts) -> None:
    endpoint = make_endpoint(act_as("owner"), hubs=[master_data.south])
    position = receive(act_as("manager"), master_data)
    found = only(act_as("manager"), endpoint, position)
    assert_stops(found, Name.HUBS)
    assert "received only from SOUTH" in str(found.end.text)
    assert "concerns NORTH" in str(found.end.text)
    own = receive(act_as("manager"), master_data, "SOUTH/A-1")
    assert_stops(only(act_as("manager"), endpoint, own), Name.DISPATCH)


def test_it_was_paused_because_its_maker_lost_a_right(master_data: MasterData, act_as: Acts) -> None:
    maker = add_person("owner", name="maker")
    endpoint = make_endpoint(act_as(user=maker))
    change_role(act_as("owner"), person=maker, role="receiver", seen="owner")
    position = receive(act_as("manager"), master_data)
    found = only(act_as("manager"), endpoint, position)
    assert_stops(found, Name.RIGHTS)
    assert "Set up integrations" in str(found.end.text)
    assert "is not queued later" in str(found.end.next_steps)
    change_role(act_as("owner"), person=maker, role="owner", seen="receiver")
    found = only(act_as("manager"), endpoint, position)
    assert_stops(found, Name.RIGHTS, verdict=Verdict.UNKNOWN)
    assert "have changed since" in str(found.end.text)
    assert "is not queued later" in str(found.end.next_steps)


def test_a_paused_endpoint_is_not_sent_what_it_has_queued(master_data: MasterData, act_as: Acts) -> None:
    maker = add_person("owner", name="maker")
    endpoint = make_endpoint(act_as(user=maker))
    position = receive(act_as("manager"), master_data)
    change_role(act_as("owner"), person=maker, role="receiver", seen="owner")
    found = only(act_as("manager"), endpoint, position)
    assert_stops(found, Name.DISPATCH)
    assert "Set up integrations" in str(found.end.next_steps)


def test_of_an_old_event_without_a_payload_nothing_is_known(master_data: MasterData, act_as: Acts) -> None:
    maker = add_person("owner", name="maker")
    endpoint = make_endpoint(act_as(user=maker))
    change_role(act_as("owner"), person=maker, role="receiver", seen="owner")
    position = receive(act_as("manager"), master_data)
    with time_machine.travel(timezone.now() + timedelta(days=200)):
        found = only(act_as("manager"), endpoint, position)
    assert found.end.name is Name.QUEUE
    assert found.end.verdict is Verdict.UNKNOWN
    assert "kept for 90 days" in str(found.end.text)


def test_a_refused_request_and_an_action_without_a_type_send_nothing(
    master_data: MasterData, act_as: Acts
) -> None:
    endpoint = make_endpoint(act_as("owner"))
    with pytest.raises(Refusal):
        documents.post_movement(act_as("manager"), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-2", "999"))
    found = only(act_as("owner"), endpoint, last_event().request_id)
    assert_stops(found, Name.EVENT)
    assert "refused" in str(found.end.text)
    create_category(act_as("manager"), code="C1", name="One")
    found = only(act_as("owner"), endpoint, last_event().pk)
    assert_stops(found, Name.EVENT)
    assert "No event type describes this" in str(found.end.text)


def test_a_fault_in_describing_is_said(
    master_data: MasterData, act_as: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = make_endpoint(act_as("owner"))

    def fail(event: Event) -> list[Any]:
        raise ZeroDivisionError

    monkeypatch.setattr(describe, "occurrences", fail)
    position = receive(act_as("manager"), master_data)
    assert_stops(only(act_as("manager"), endpoint, position), Name.DISPATCH)


def test_each_thing_of_a_request_is_explained_by_itself(master_data: MasterData, act_as: Acts) -> None:
    item = master_data.items["BOLT"]
    ReorderRevision.objects.create(item=item, position=0, quantity=40, unit=item.unit, decimals=item.decimals)
    endpoint = make_endpoint(act_as("owner"), event_types=[RECEIPT, "inventory.stock.low.v1"])
    receive(act_as("manager"), master_data)
    position = documents.post_movement(act_as("manager"), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "2"))
    found = asked(act_as("manager"), endpoint, last_event().request_id)
    ends = {
        str(each.occurrence.type): each.end.name for each in found.explanations if each.occurrence is not None
    }
    assert ends == {"inventory.posting.issue.v1": Name.TYPE, "inventory.stock.low.v1": Name.DISPATCH}
    assert len(asked(act_as("manager"), endpoint, position).explanations) == 2


def test_conceals_what_the_reader_may_not_see(
    master_data: MasterData, act_as: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = make_endpoint(act_as("owner"))
    position = receive(act_as("manager"), master_data, "SOUTH/A-1")
    northern = add_person("manager", name="northern", all_hubs=False)
    assign_perm("inventory.operate_hub", northern, master_data.north)
    found = asked(act_as(user=northern), endpoint, position)
    assert found == Answer((), is_concealed=True)
    hidden = {Permission.LEDGER_VIEW_STOCK, Permission.AUDIT_VIEW}
    granted = GRANTS["standard"]["manager"] - hidden  # no present role is like that
    monkeypatch.setitem(GRANTS["standard"], "manager", granted)  # type: ignore[arg-type]
    found = asked(act_as("manager"), endpoint, position)
    assert found.is_concealed
    assert not found.explanations


def deliver_as(act: Act, master_data: MasterData, reference: str, address: str = "NORTH/A-1") -> int:
    drafted = documents.receipt(
        master_data, documents.line(master_data, "BOLT", address, "41", "2", number=1)
    )
    return documents.deliver(act, master_data, replace(drafted, reference=reference))


def test_finds_a_posting_by_its_reference(master_data: MasterData, act_as: Acts) -> None:
    endpoint = make_endpoint(act_as("owner"))
    position = deliver_as(act_as("manager"), master_data, "PO-Z2")
    deliver_as(act_as("manager"), master_data, "PO-Z3")
    assert subjects.find(act_as("manager").actor, " PO-Z2 ").position == position
    assert_stops(only(act_as("manager"), endpoint, "PO-Z2"), Name.DISPATCH)


def test_a_reference_of_several_postings_names_their_positions(master_data: MasterData, act_as: Acts) -> None:
    positions = [deliver_as(act_as("manager"), master_data, "PO-Z2") for _ in range(2)]
    with pytest.raises(Refusal) as refused:
        subjects.find(act_as("manager").actor, "PO-Z2")
    assert f"{positions[0]}, {positions[1]}." in refused.value.message


def test_a_reference_at_another_hub_is_like_one_that_nobody_gave(
    master_data: MasterData, act_as: Acts
) -> None:
    southern = add_person("manager", name="southern", all_hubs=False)
    assign_perm("inventory.operate_hub", southern, master_data.south)
    reader = act_as(user=southern).actor
    deliver_as(act_as("owner"), master_data, "PO-NORTH")
    south = deliver_as(act_as("owner"), master_data, "PO-NORTH", "SOUTH/A-1")
    assert subjects.find(reader, "PO-NORTH").position == south
    deliver_as(act_as("owner"), master_data, "PO-HIDDEN")
    with pytest.raises(Refusal) as hidden:
        subjects.find(reader, "PO-HIDDEN")
    with pytest.raises(Refusal) as nothing:
        subjects.find(reader, "PO-NOTHING")
    assert hidden.value.message == nothing.value.message


def test_the_page_of_a_posting_leads_here(master_data: MasterData, act_as: Acts, client_as: Any) -> None:
    make_endpoint(act_as("owner"))
    position = receive(act_as("manager"), master_data)
    address = f"{reverse('integrations:why', urlconf='asora.urls_tenant')}?about={position}"
    assert f'href="{address}"' in client_as("manager").get(f"/ledger/{position}/").content.decode()
    assert client_as("manager").get(address).status_code == 200
    assert "/integrations/why/" not in client_as("viewer").get(f"/ledger/{position}/").content.decode()


@pytest.mark.parametrize(
    "about", ["", "x", "99999", "-1", "9" * 40, "²", "1\x00", "acacia-01ARZ3NDEKTSV4RRFFQ69G5FAV"]
)
def test_refuses_a_question_about_nothing(
    master_data: MasterData, act_as: Acts, client_as: Any, about: str
) -> None:
    endpoint = make_endpoint(act_as("owner"))
    address = reverse("integrations:why", urlconf="asora.urls_tenant")
    response = client_as("manager").get(address, {"endpoint": endpoint.pk, "about": about})
    assert response.status_code == 400
    assert "Explain" in response.content.decode()


def test_the_page_shows_the_steps_and_the_place_where_it_stopped(
    master_data: MasterData, act_as: Acts, client_as: Any
) -> None:
    endpoint = make_endpoint(act_as("owner"), hubs=[master_data.south])
    position = receive(act_as("manager"), master_data)
    address = reverse("integrations:why", urlconf="asora.urls_tenant")
    page = client_as("manager").get(address, {"endpoint": endpoint.pk, "about": position}).content.decode()
    assert 'data-end="hubs"' in page
    assert page.count('data-verdict="passed"') == 3
    assert f"{endpoint.name}: it stopped at “Hubs”" in page
    assert client_as("receiver").get(address).status_code == 403
    assert "There is no endpoint yet" not in client_as("manager").get(address).content.decode()


def test_preselects_an_endpoint_only_if_there_is_no_other(
    master_data: MasterData, act_as: Acts, client_as: Any
) -> None:
    first, client = make_endpoint(act_as("owner"), name="Accounting"), client_as("manager")
    position = receive(act_as("manager"), master_data)
    address = reverse("integrations:why", urlconf="asora.urls_tenant")
    assert "Choose an endpoint" not in client.get(address).content.decode()
    second = make_endpoint(act_as("owner"), name="My system", event_types=[ISSUE])
    page = client.get(address).content.decode()
    assert '<option value="" selected>Choose an endpoint</option>' in page
    assert " selected>Accounting" not in page
    assert " selected>My system" in client.get(address, {"endpoint": second.pk}).content.decode()
    assert client.get(address, {"endpoint": "", "about": position}).status_code == 400
    assert (
        "Accounting: it stopped at"
        in client.get(address, {"endpoint": first.pk, "about": position}).content.decode()
    )


def test_explains_at_once_for_each_endpoint_if_the_address_names_none(
    master_data: MasterData, act_as: Acts, client_as: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_endpoint(act_as("owner"), name="Accounting")
    make_endpoint(act_as("owner"), name="My system", event_types=[ISSUE])
    receive(act_as("manager"), master_data)
    request_id, client = last_event().request_id, client_as("manager")
    address = reverse("integrations:why", urlconf="asora.urls_tenant")
    page = client.get(address, {"about": request_id}).content.decode()
    assert "Accounting: it stopped at “Dispatch”" in page
    assert "My system: it stopped at “Event type”" in page
    assert client.get(address, {"about": "nonsense"}).status_code == 400
    monkeypatch.setattr("integrations.diagnosis.views.why.MAX_ENDPOINTS", 1)
    refused = client.get(address, {"about": request_id})
    assert refused.status_code == 400
    assert "Choose an endpoint." in refused.content.decode()
