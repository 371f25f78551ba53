"""Who else a rule stopped in thirty days, and whether they have been allowed since."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm

from asora.accounts.people.actions.people import change_role
from asora.kernel.refusals import Refusal
from audit.events.models import Event
from audit.explorer import others
from audit.explorer.others import who_else
from inventory.actions.vendors import create_vendor
from ledger.models import Kind
from tests.audit.causes.scene import event_of
from tests.factories import documents
from tests.factories.master_data import MasterData
from tests.factories.people import add_person


def refused_vendor(act: Any, code: str) -> Event:
    event = event_of(lambda: create_vendor(act, code=code, name="One"))
    assert event.outcome == "refused"
    return event


def names(found: Any) -> list[tuple[str, int, bool]]:
    return [(entry.actor_ref, entry.times, entry.allowed is not None) for entry in found.people]


def test_it_lists_people_and_records_of_the_same_rule(master_data: MasterData, act_as: Any) -> None:
    viewer, counter = act_as("viewer"), act_as("counter")
    refused_vendor(counter, "V1")
    refused_vendor(viewer, "V1")
    last = refused_vendor(viewer, "V2")
    with pytest.raises(Refusal):  # another rule
        documents.receive(act_as("counter"), master_data, ("BOLT", "NORTH/A-1", "1", "1"))
    found = who_else(act_as("owner").actor, last)
    assert names(found) == [(viewer.actor.ref, 2, False), (counter.actor.ref, 1, False)]
    assert [(record.label, record.times) for record in found.records] == [("V2", 1), ("V1", 2)]


def test_who_may_now_has_been_allowed_since(acacia: Any, act_as: Any) -> None:
    viewer = add_person("viewer", name="vera")
    refused = refused_vendor(act_as(user=viewer), "V1")
    change_role(act_as("owner"), person=viewer, role="manager", seen="viewer")
    viewer.refresh_from_db()
    assert names(who_else(act_as("owner").actor, refused)) == [(viewer.ref, 1, False)]
    create_vendor(act_as(user=viewer), code="V1", name="One")
    assert names(who_else(act_as("owner").actor, refused)) == [(viewer.ref, 1, True)]


def test_older_refusals_are_left_out(acacia: Any, act_as: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = refused_vendor(act_as("viewer"), "V1")
    later = timezone.now() + timedelta(days=31)
    monkeypatch.setattr(others.timezone, "now", lambda: later)
    assert names(who_else(act_as("owner").actor, refused)) == []


def test_only_what_the_reader_may_see_counts(master_data: MasterData, act_as: Any, client_as: Any) -> None:
    person = add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", person, master_data.north)

    def take(role: str, address: str) -> Event:
        moves = ("BOLT", address, "999")
        return event_of(lambda: documents.post_movement(act_as(role), master_data, Kind.ISSUE, moves))

    take("manager", "SOUTH/A-1")
    refused = take("receiver", "NORTH/A-1")
    receiver, manager = act_as("receiver").actor.ref, act_as("manager").actor.ref
    assert names(who_else(act_as(user=person).actor, refused)) == [(receiver, 1, False)]
    assert names(who_else(act_as("owner").actor, refused)) == [(receiver, 1, False), (manager, 1, False)]
    page = client_as(user=person).get(f"/audit/requests/{refused.request_id}/").content.decode()
    assert "Who else?" in page
    assert "SOUTH" not in page


def test_a_busy_rule_is_counted_up_to_a_limit(
    acacia: Any, act_as: Any, client_as: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(others, "MAX_READ", 3)
    for number in range(4):
        refused = refused_vendor(act_as("viewer"), f"V{number}")
    found = who_else(act_as("owner").actor, refused)
    assert (found.is_cut, found.people[0].times) == (True, 3)
    page = client_as("owner").get(f"/audit/requests/{refused.request_id}/").content.decode()
    assert "more often than is shown" in page
