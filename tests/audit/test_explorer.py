"""The explorer: the query bar, the values on offer, days, and the ways from one event to others."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.urls import reverse
from guardian.shortcuts import assign_perm

from asora.kernel.refusals import PermissionDenied, Refusal, ValidationFailed
from audit.events.models import Event
from audit.explorer import facets
from audit.explorer.event_query import EventQuery
from audit.explorer.related import related
from ledger.models import Kind
from tests.factories.documents import post_movement, receive
from tests.factories.master_data import MasterData
from tests.factories.people import add_person
from tests.headers import JSON
from tests.kernel.example_action import door

TENANT = "asora.urls_tenant"
LIST = reverse("audit:event-list", urlconf=TENANT)
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def three(acacia: Any, act_as: Any) -> list[Event]:
    """One allowed, one invalid, one forbidden attempt."""
    door()(act_as("manager"), code="V1")
    with pytest.raises(ValidationFailed):
        door()(act_as("manager"), code="BAD1")
    with pytest.raises(PermissionDenied):
        door()(act_as("viewer"), code="V2")
    return list(Event.objects.order_by("occurred_at", "id"))


def labels(answer: Any) -> list[str]:
    return [row.resource_label for row in answer.context["page"].rows]


# The query bar.


def test_a_typed_query_becomes_the_address_of_its_filter(three: list[Event], client_as: Any) -> None:
    answer = client_as("owner").get(LIST, {"q": "outcome:refused code:PERMISSION_DENIED"})
    assert answer.status_code == 302
    assert answer["Location"] == f"{LIST}?outcome=refused&code=PERMISSION_DENIED"
    followed = client_as("owner").get(answer["Location"], headers=FRAGMENT)
    assert labels(followed) == ["V2"]
    page = followed.content.decode()
    assert 'value="outcome:refused code:PERMISSION_DENIED"' in page, "the bar says what the filters say"
    assert '<option value="refused" selected>' in page


def test_an_empty_query_is_the_whole_trail(three: list[Event], client_as: Any) -> None:
    assert client_as("owner").get(LIST, {"q": ""})["Location"] == LIST


def test_a_query_that_cannot_be_read_is_kept_and_said_why(
    three: list[Event], client_as: Any, events: Any
) -> None:
    owner = client_as("owner")
    answer = owner.get(LIST, {"q": 'colour:red record:"A B"'})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert 'value="colour:red record:&quot;A B&quot;"' in page
    assert "There is no filter “colour”." in page
    assert 'aria-invalid="true"' in page
    refused = owner.get(LIST, {"q": "colour:red"}, headers=JSON)
    assert refused.json()["details"]["fields"]["q"][0]["reason"] == "INVALID_INPUT"
    fragment = owner.get(LIST, {"q": "colour:red"}, headers=FRAGMENT)
    assert fragment["HX-Retarget"] == "#notices", "what was typed stays in the bar"


def test_a_filter_without_a_control_is_shown_and_can_be_removed(three: list[Event], client_as: Any) -> None:
    page = client_as("owner").get(LIST, {"rule": three[2].rule_id, "outcome": "refused"})
    assert labels(page) == ["V2"]
    assert three[2].rule_id in page.content.decode()
    [chip] = page.context["hidden_filters"]
    assert chip["url"] == f"{LIST}?outcome=refused"


# What is on offer.


def test_only_values_that_occur_are_offered(three: list[Event], act_as: Any, client_as: Any) -> None:
    values = facets.occurring(act_as("owner").actor)
    assert values.outcome == ("allowed", "refused")
    assert values.action == ("inventory.vendor.create",)
    assert values.code == ("PERMISSION_DENIED", "VALIDATION_FAILED")
    assert set(values.reason) == {three[1].reason, three[2].reason}
    assert set(values.actor) == {event.actor_ref for event in three}
    page = client_as("owner").get(LIST).content.decode()
    actions = re.search(r'<select name="action".*?</select>', page, re.DOTALL)
    assert actions
    assert "created vendor …" in actions[0]
    assert actions[0].count("<option") == 2


def test_a_value_of_the_address_that_does_not_occur_is_still_shown(
    three: list[Event], client_as: Any
) -> None:
    page = client_as("owner").get(LIST, {"action": "old.action.gone"})
    assert '<option value="old.action.gone" selected>' in page.content.decode()
    assert labels(page) == []


def test_an_empty_trail_offers_nothing(acacia: Any, act_as: Any) -> None:
    assert facets.occurring(act_as("owner").actor) == facets.Facets((), (), (), (), ())


def test_reasons_of_other_hubs_are_not_offered(master_data: MasterData, act_as: Any) -> None:
    receive(act_as("manager"), master_data, ("BOLT", "SOUTH/A-1", "1", "1"))
    with pytest.raises(Refusal):
        post_movement(act_as("manager"), master_data, Kind.ISSUE, ("BOLT", "SOUTH/A-1", "99"))
    limited = add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", limited, master_data.north)
    values = facets.occurring(act_as(user=limited).actor)
    assert values.reason == values.code == ()
    assert "refused" in values.outcome, "that something was refused there is shown"
    assert facets.occurring(act_as("owner").actor).reason == ("INSUFFICIENT_STOCK",)


def test_values_are_found_by_their_indexes(three: list[Event], act_as: Any) -> None:
    """However many events there are: no sequential scan, no sort."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for column, is_of_refusals in facets._COLUMNS.values():
            only = "outcome = 'refused'" if is_of_refusals else "true"
            statement = facets._JUMP.format(column=column, only=only, visible="true")
            cursor.execute(f"EXPLAIN {statement}", {"limit": 300})
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan" not in plan
            assert "Sort" not in plan, (column, plan)


# Days.


def test_events_are_grouped_by_the_tenants_days(acacia: Any, act_as: Any, client_as: Any) -> None:
    acacia.time_zone = "Pacific/Auckland"
    acacia.save(update_fields=["time_zone"])
    for hour in (9, 11, 13):  # midnight in Auckland is 11:00 UTC in November
        Event.objects.create(
            occurred_at=datetime(2026, 11, 20, hour, 30, tzinfo=UTC), hubs=[],
            action="page.open", outcome="allowed", actor_type="user", resource_label=str(hour),
        )  # fmt: skip
    answer = client_as("owner").get(LIST)
    grouped = [
        (str(group["day"]), [row.resource_label for row in group["events"]])
        for group in answer.context["days"]
    ]
    assert grouped == [("2026-11-21", ["13", "11"]), ("2026-11-20", ["9"])]
    assert ">22:30:00<" in answer.content.decode()
    assert 'title="2026-11-20 09:30:00 UTC"' in answer.content.decode()


# From one event to others.


def test_an_event_leads_to_its_request_record_actor_and_refusal(
    three: list[Event], act_as: Any, client_as: Any
) -> None:
    owner = client_as("owner")
    answer = owner.get(reverse("audit:event-detail", args=[three[1].pk], urlconf=TENANT))
    ways = {way.icon: way for way in answer.context["related"]}
    assert set(ways) == {"workflow", "clock", "shield"}, "an event without a record has no way to its record"
    assert labels(owner.get(ways["workflow"].url)) == ["BAD1"]
    assert labels(owner.get(ways["clock"].url)) == ["BAD1", "V1"]
    assert labels(owner.get(ways["shield"].url)) == ["BAD1"]
    for way in ways.values():
        assert way.url.replace("&", "&amp;") in answer.content.decode()


def test_the_record_too_and_what_touched_it(three: list[Event], client_as: Any) -> None:
    owner = client_as("owner")
    answer = owner.get(reverse("audit:event-detail", args=[three[0].pk], urlconf=TENANT))
    [way] = [way for way in answer.context["related"] if way.icon == "box"]
    assert labels(owner.get(way.url)) == ["V1"]


def test_around_means_a_quarter_of_an_hour(acacia: Any, act_as: Any) -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    for minutes in (-16, -15, 0, 14, 15, 16):
        Event.objects.create(
            occurred_at=noon + timedelta(minutes=minutes), hubs=[], actor_ref="u-1",
            action="page.open", outcome="allowed", actor_type="user", resource_label=str(minutes),
        )  # fmt: skip
    owner = act_as("owner").actor
    event: Any = EventQuery().rows(owner).get(resource_label="0")
    [way] = [way for way in related(event) if way.icon == "clock"]
    found = EventQuery.from_params(
        {name: value[0] for name, value in parse_qs(urlsplit(way.url).query).items()}
    )
    assert set(found.rows(owner).values_list("resource_label", flat=True)) == {"-15", "0", "14"}


def test_an_event_of_another_hub_leads_only_to_its_actor(master_data: MasterData, act_as: Any) -> None:
    receive(act_as("manager"), master_data, ("BOLT", "SOUTH/A-1", "1", "1"))
    limited = add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", limited, master_data.north)
    event: Any = EventQuery(action="ledger.receipt.post").rows(act_as(user=limited).actor).get()
    assert [way.icon for way in related(event)] == ["clock"]
