"""The filter of the trail: its text and its parameters say the same, and what it does not know is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm
from hypothesis import given
from hypothesis import strategies as st

from asora.kernel.refusals import PermissionDenied, ValidationFailed
from audit.events.models import Event
from audit.events.readers import HEAVY
from audit.explorer.event_query import EventQuery
from tests.factories.documents import receive
from tests.factories.master_data import MasterData
from tests.factories.people import add_person
from tests.kernel.example_action import door

NOON = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30).map(str.strip)
MOMENTS = st.one_of(
    st.none(),
    st.just(date(2026, 3, 2)),
    st.just(NOON),
    st.just(NOON.replace(tzinfo=None)),
    st.just(date(2026, 3, 5)),
)
QUERIES = st.builds(
    EventQuery,
    outcome=st.sampled_from(["", "refused", "allowed"]),
    action=st.sampled_from(["", "ledger.receipt.post"]),
    code=st.sampled_from(["", "STATE_CONFLICT"]),
    record=WORDS,
    rule=WORDS,
    route=WORDS,
    actor=WORDS,
    since=MOMENTS,
)


@given(query=QUERIES)
def test_text_and_parameters_are_read_as_they_were_written(query: EventQuery) -> None:
    assert EventQuery.parse(query.text()) == query
    assert EventQuery.from_params(query.as_params()) == query


def test_it_is_written_as_people_type_it() -> None:
    query = EventQuery(outcome="refused", record='Bolt "M8"', since=date(2026, 3, 1), until=NOON)
    text = r'outcome:refused record:"Bolt \"M8\"" since:2026-03-01 until:2026-03-02T12:30:00Z'
    assert query.text() == text
    assert EventQuery.parse(f"  {text}  ") == query
    assert EventQuery.parse("since:2026-03-02T13:30+01:00 until:2026-03-02T12:30Z") == EventQuery(
        since=datetime(2026, 3, 2, 12, 30, tzinfo=UTC), until=NOON
    )
    assert EventQuery.parse("OUTCOME:refused").outcome == "refused"
    assert EventQuery.parse("").as_params() == {}


def test_a_request_id_needs_no_filter() -> None:
    request_id = "acacia-01JD0000000000000000000000"
    assert EventQuery.parse(f"{request_id} outcome:refused") == EventQuery(
        outcome="refused", request=request_id
    )


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        ("colour:red", "q", "no filter “colour”. Filters: outcome, actor"),
        ("bolt", "q", "Word 1 has no filter"),
        ('record:"Bolt M8', "q", "cannot be read from character 1 on"),
        ('record:"a"b', "q", "cannot be read"),
        ("outcome:refused outcome:allowed", "q", "there twice"),
        ("x" * 1_001, "q", "too long"),
        ("outcome:maybe", "outcome", "not one of: allowed, refused"),
        ("code:NOPE", "code", "not one of"),
        ("action:receive", "action", "cannot have this value"),
        ("reason:why?", "reason", "cannot have this value"),
        ("since:yesterday", "since", "Write a day as 2026-01-31"),
        ("since:2026-02-30", "since", "Write a day"),
        ("since:2026-03-02 until:2026-03-01", "until", "before the first day"),
        (f"record:{'x' * 201}", "record", "at most 200"),
        ("request:a\x00", "request", "cannot have this value"),
    ],
)
def test_what_it_does_not_know_is_refused_clearly(text: str, field: str, said: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        EventQuery.parse(text)
    assert said in refused.value.details["fields"][field][0]["message"]


def test_every_error_is_at_its_filter() -> None:
    with pytest.raises(ValidationFailed) as refused:
        EventQuery.from_params({"outcome": "maybe", "since": "x", "colour": "red"})
    assert set(refused.value.details["fields"]) == {"outcome", "since"}


@pytest.fixture
def three(acacia: Any, act_as: Any) -> list[Event]:
    """One allowed, one invalid, one forbidden attempt."""
    door()(act_as("manager"), code="V1")
    with pytest.raises(ValidationFailed):
        door()(act_as("manager"), code="BAD1")
    with pytest.raises(PermissionDenied):
        door()(act_as("viewer"), code="V2")
    return list(Event.objects.order_by("occurred_at", "id"))


def found(act: Any, text: str) -> list[str]:
    rows = EventQuery.parse(text).rows(act.actor)
    return list(rows.order_by("occurred_at", "id").values_list("resource_label", flat=True))


def test_every_filter_narrows_and_all_have_to_be_met(three: list[Event], act_as: Any) -> None:
    owner = act_as("owner")
    assert found(owner, "") == ["V1", "BAD1", "V2"]
    assert found(owner, "outcome:refused") == ["BAD1", "V2"]
    assert found(owner, f"actor:{three[2].actor_ref}") == ["V2"]
    assert found(owner, f"outcome:refused actor:{three[0].actor_ref}") == ["BAD1"]
    assert found(owner, "code:PERMISSION_DENIED") == ["V2"]
    assert found(owner, f"reason:{three[1].reason}") == ["BAD1"]
    assert found(owner, f"rule:{three[2].rule_id}") == ["V2"]
    assert found(owner, "record:V1") == ["V1"]
    assert found(owner, f"request:{three[1].request_id}") == ["BAD1"]
    assert found(owner, "action:no.such") == []
    assert found(owner, "route:elsewhere") == []


def test_moments_are_exact_and_days_are_whole(three: list[Event], act_as: Any) -> None:
    owner = act_as("owner")
    first, second, _third = (event.occurred_at.isoformat() for event in three)
    assert found(owner, f"since:{second}") == ["BAD1", "V2"]
    assert found(owner, f"until:{second}") == ["V1"], "the moment of an end is excluded"
    assert found(owner, f"since:{first} until:{second}") == ["V1"]
    today = timezone.now().date()
    assert found(owner, f"since:{today} until:{today}") == ["V1", "BAD1", "V2"]
    assert found(owner, f"since:{today + timedelta(days=1)}") == []


def test_a_hub_is_named_by_its_code(master_data: MasterData, act_as: Any) -> None:
    receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "5", "1"))
    [event] = EventQuery.parse("hub:north").rows(act_as("owner").actor)
    assert event.hubs == [master_data.north.pk]
    assert not EventQuery.parse("hub:SOUTH").rows(act_as("owner").actor).exists()
    assert not EventQuery.parse("hub:NOWHERE").rows(act_as("owner").actor).exists()


def test_it_works_on_the_public_host(public: Any, act_as: Any) -> None:
    assert not EventQuery.parse("hub:NORTH action:no.such").rows(act_as("operator").actor).exists()


def test_heavy_columns_are_not_read(three: list[Event], act_as: Any) -> None:
    for event in EventQuery().rows(act_as("owner").actor):
        assert set(HEAVY) <= event.get_deferred_fields()


@pytest.mark.parametrize("text", ["hub:SOUTH", "route:POST"])
def test_a_hub_and_a_route_are_found_only_by_people_of_all_hubs_concerned(
    master_data: MasterData, act_as: Any, text: str
) -> None:
    hubs = [master_data.south.pk]
    Event.objects.create(action="page.open", outcome="allowed", actor_type="user", route="POST", hubs=hubs)
    limited = add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", limited, master_data.north)
    assert not EventQuery.parse(text).rows(act_as(user=limited).actor).exists()
    assert EventQuery.parse(text).rows(act_as("manager").actor).exists()
