"""Reading the trail leaves an event: who looked and what for, once in a quarter of an hour."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from guardian.shortcuts import assign_perm

from asora.kernel.refusals import ValidationFailed
from audit.events.models import Event
from audit.explorer import reading
from audit.explorer.event_query import EventQuery
from tests.factories.people import add_person
from tests.headers import JSON
from tests.kernel.example_action import door


@pytest.fixture
def pair(acacia: Any, act_as: Any) -> list[Event]:
    """An allowed and a refused event."""
    door()(act_as("manager"), code="V1")
    with pytest.raises(ValidationFailed):
        door()(act_as("manager"), code="BAD1")
    return list(Event.objects.order_by("number"))


def test_a_query_is_recorded_with_its_text(pair: list[Event], client_as: Any, events: Any) -> None:
    client_as("owner").get("/audit/", {"outcome": "refused"})
    [event] = events(action=reading.TRAIL)
    assert event.facts == {"query": "outcome:refused"}
    assert (event.outcome, event.actor_type, event.route) == ("allowed", "user", "GET /audit/")
    assert event.decision[0]["rule"] == "audit.view"


@pytest.mark.parametrize(
    "typed",
    [
        {"record": "Zebulon"}, {"actor": "Zebulon"}, {"hub": "Zebulon"}, {"rule": "Zebulon"}, {"route": "Zebulon"},
        {"request": "Zebulon"}, {"outcome": "Zebulon"}, {"action": "Zebulon"}, {"reason": "ZEBULON"},
        {"q": "Zebulon"}, {"q": "record:Zebulon"}, {"q": '"Zebulon'},
    ],
)  # fmt: skip
def test_a_typed_name_is_not_kept_for_ever(pair: list[Event], client_as: Any, typed: dict[str, str]) -> None:
    owner = client_as("owner")
    owner.get("/audit/", typed, follow=True)
    query = typed.get("q") or " ".join(f"{name}:{value}" for name, value in typed.items())
    if "hub" in typed:  # in a form, it is a code as everywhere
        query = "outcome:refused"
    owner.post("/audit/export/", {"format": "jsonl", "query": query})
    owner.post("/audit/searches/new/", {"name": "One", "query": query})
    owner.post("/audit/searches/new/", {"name": "One", "query": query})  # is refused
    added = Event.objects.filter(number__gt=pair[-1].number)
    assert added.count() >= 3
    assert "zebulon" not in str(list(added.values())).lower()


def test_the_same_is_recorded_once_in_a_quarter_of_an_hour(
    pair: list[Event], client_as: Any, events: Any
) -> None:
    owner, manager = client_as("owner"), client_as("manager")
    for _look in range(3):
        owner.get("/audit/", {"outcome": "refused"})
    owner.get("/audit/", {"outcome": "refused"}, headers={"HX-Request": "true"})
    assert len(events(action=reading.TRAIL)) == 1
    owner.get("/audit/")
    manager.get("/audit/", {"outcome": "refused"})
    assert len(events(action=reading.TRAIL)) == 3, "another query, and another person"
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        client_as("owner").get("/audit/", {"outcome": "refused"})
    assert len(events(action=reading.TRAIL)) == 4


def test_events_and_requests_that_were_opened_are_named(
    pair: list[Event], client_as: Any, events: Any
) -> None:
    owner = client_as("owner")
    owner.get(f"/audit/{pair[0].pk}/")
    assert [event.resource_id for event in events(action=reading.EVENT)] == [str(pair[0].pk)]
    owner.get(f"/audit/{pair[0].pk}/compare/{pair[1].pk}/")
    assert [event.resource_id for event in events(action=reading.EVENT)] == [str(event.pk) for event in pair]
    owner.get(f"/audit/requests/{pair[1].request_id}/")
    assert [event.resource_id for event in events(action=reading.REQUEST)] == [pair[1].request_id]


def test_who_may_not_read_is_refused_and_leaves_that_event(
    pair: list[Event], client_as: Any, events: Any
) -> None:
    assert client_as("viewer").get("/audit/", headers=JSON).status_code == 403
    assert events(action=reading.TRAIL) == []
    assert [event.outcome for event in events(action="page.open")] == ["refused"]


def test_a_query_is_shown_only_to_readers_of_its_readers_hubs(
    master_data: Any, client_as: Any, act_as: Any
) -> None:
    """A query may name what only people of all hubs may see."""
    person = add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", person, master_data.north)
    for hub in (master_data.north, master_data.south):
        door()(act_as("manager"), code=f"V-{hub.code}")
    client_as("owner").get("/audit/", {"record": "V-SOUTH"})
    client_as(user=person).get("/audit/", {"record": "V-NORTH"})
    seen = EventQuery(action=reading.TRAIL).rows(act_as(user=person).actor).defer(None)
    assert [event.facts["query"] for event in seen] == ["record:V-NORTH"]
    assert EventQuery(action=reading.TRAIL).rows(act_as("owner").actor).count() == 2


def test_a_query_that_cannot_be_read_reads_nothing(pair: list[Event], client_as: Any, events: Any) -> None:
    assert client_as("owner").get("/audit/", {"q": "colour:red"}).status_code == 400
    assert events(action=reading.TRAIL) == []
