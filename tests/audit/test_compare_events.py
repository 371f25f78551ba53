"""Two events side by side: where they differ, and nothing that the reader may not see."""

from __future__ import annotations

from typing import Any

import pytest
from guardian.shortcuts import assign_perm

from asora.kernel.refusals import Refusal, ValidationFailed
from audit.events.models import Event
from audit.explorer.comparison import compare
from ledger.models import Kind
from tests.factories.documents import post_movement, receive
from tests.factories.master_data import MasterData
from tests.factories.people import add_person
from tests.headers import JSON
from tests.kernel.example_action import door


def address(first: Event, second: Event) -> str:
    return f"/audit/{first.pk}/compare/{second.pk}/"


def latest() -> Event:
    return Event.objects.latest("number")


@pytest.fixture
def pair(acacia: Any, act_as: Any) -> tuple[Event, Event]:
    """The same action by the same person, allowed and refused."""
    door()(act_as("manager"), code="V1")
    allowed = latest()
    with pytest.raises(ValidationFailed):
        door()(act_as("manager"), code="BAD1")
    return allowed, latest()


def lines(first: Event, second: Event) -> dict[str, Any]:
    return {str(line.label): line for section in compare(first, second) for line in section.lines}


def test_it_marks_what_differs(pair: tuple[Event, Event]) -> None:
    found = lines(*pair)
    assert not found["Who"].differs
    assert not found["Action"].differs
    assert (found["Outcome"].first, found["Outcome"].second) == ("allowed", "refused")
    assert found["Outcome"].differs
    assert (found["permitted"].first, found["permitted"].second) == ("passed", "passed")
    assert (found["valid"].first, found["valid"].second) == ("passed", "stopped")
    assert (found["recorded"].first, found["recorded"].second) == ("passed", "waiting")
    changed = [line for label, line in found.items() if label.endswith(": code")]
    assert [(line.first, line.second) for line in changed] == [([None, "V1"], None)]


def test_an_event_does_not_differ_from_itself(pair: tuple[Event, Event]) -> None:
    assert not [line for line in lines(pair[0], pair[0]).values() if line.differs]


def test_what_only_one_of_them_read_is_named(master_data: MasterData, act_as: Any) -> None:
    receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "5", "1"))
    post_movement(act_as("manager"), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "1"))
    first = latest()
    with pytest.raises(Refusal):
        post_movement(act_as("manager"), master_data, Kind.ISSUE, ("BOLT", "SOUTH/A-1", "1"))
    sections = {str(section.heading): section for section in compare(first, latest())}
    read = {str(line.label): line for line in sections["Read by one of them only"].lines}
    assert f"hub:{master_data.north.pk}" in read["permitted"].first
    assert f"hub:{master_data.south.pk}" in read["permitted"].second


def test_from_the_list_one_is_chosen_and_then_the_other(pair: tuple[Event, Event], client_as: Any) -> None:
    owner = client_as("owner")
    chosen, other = pair
    page = owner.get("/audit/", {"compare": str(chosen.pk), "outcome": "refused"})
    assert page.context["chosen"] == chosen
    text = page.content.decode()
    assert "Comparing with:" in text
    assert f"/audit/{other.pk}/?compare={chosen.pk}" in text
    assert text.count(f'name="compare" value="{chosen.pk}"') == 2, "both forms keep the chosen event"
    fragment = owner.get(f"/audit/{other.pk}/?compare={chosen.pk}").content.decode()
    assert address(chosen, other) in fragment
    typed = owner.get("/audit/", {"q": "outcome:refused", "compare": str(chosen.pk)})
    assert typed["Location"] == f"/audit/?outcome=refused&compare={chosen.pk}"
    answer = owner.get(address(chosen, other))
    assert answer.status_code == 200
    assert "data-differs" in answer.content.decode()


@pytest.mark.parametrize("text", ["nonsense", "00000000-0000-7000-8000-000000000000"])
def test_a_choice_that_is_no_event_is_ignored(pair: tuple[Event, Event], client_as: Any, text: str) -> None:
    answer = client_as("owner").get(f"/audit/?compare={text}")
    assert answer.status_code == 200
    assert answer.context["chosen"] is None


def test_an_event_of_another_hub_is_not_compared(
    master_data: MasterData, act_as: Any, client_as: Any
) -> None:
    receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "5", "1"))
    north = latest()
    receive(act_as("manager"), master_data, ("BOLT", "SOUTH/A-1", "5", "1"))
    south = latest()
    person = add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", person, master_data.north)
    limited = client_as(user=person)
    assert limited.get(address(north, north)).status_code == 200
    for first, second in ((north, south), (south, north)):
        assert limited.get(address(first, second), headers=JSON).status_code == 404
        assert client_as("owner").get(address(first, second)).status_code == 200
    assert limited.get(f"/audit/?compare={south.pk}").context["chosen"] is None


def test_the_viewer_may_not(pair: tuple[Event, Event], client_as: Any) -> None:
    assert client_as("viewer").get(address(*pair), headers=JSON).status_code == 403
