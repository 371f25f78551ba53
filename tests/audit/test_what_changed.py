"""What changed before a refusal: the cause is listed, among few others, and nothing that the reader may not see."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

import pytest
from guardian.shortcuts import assign_perm

from asora.accounts.people.actions.people import change_role, deactivate_user
from audit.events import trail
from audit.events.models import Event
from audit.explorer.changed import what_changed
from ledger.models import Kind
from plans.actions.freezes import start_freeze
from plans.models import Tenant
from tests.audit.causes.planted import KINDS
from tests.audit.causes.scene import Scene, event_of
from tests.factories import documents, people
from tests.factories.master_data import MasterData, make_master_data
from tests.factories.people import add_person

ROUNDS = 25  # of each of eight kinds of causes: two hundred in all


@pytest.mark.parametrize("kind", KINDS)
def test_the_planted_cause_is_listed_among_few(kind: str, committed_tenant: Callable[..., Tenant]) -> None:
    tenant = committed_tenant()
    reader = people.act_of(people.person("owner", tenant), tenant).actor
    scene = Scene(tenant, make_master_data(), seed=sorted(KINDS).index(kind))
    lengths = []
    for number in range(ROUNDS):
        refused, cause = KINDS[kind](scene)
        found = what_changed(reader, refused)
        listed = [entry.event.pk for entry in found.causes]
        assert cause.pk in listed, (kind, number, refused.reason, found.read, cause.touched)
        lengths.append(len(listed))
    assert median(lengths) <= 3, lengths


def refused_by(attempt: Callable[[], Any]) -> Event:
    event = event_of(attempt)
    assert event.outcome == "refused"
    return event


def test_who_was_never_allowed_is_explained_from_their_first_day(
    committed_tenant: Callable[..., Tenant],
) -> None:
    tenant = committed_tenant()
    scene = Scene(tenant, make_master_data(), seed=1)
    reader = scene.act("owner").actor
    change_role(scene.act("owner"), person=people.person("counter", tenant), role="viewer", seen="counter")
    person = scene.hire("viewer")
    hired = Event.objects.order_by("-number")[0]
    refused = refused_by(lambda: scene.receive(person, "NORTH/A-1"))
    found = what_changed(reader, refused)
    assert (found.since, found.first_day) == (None, hired.occurred_at)
    assert [entry.event.pk for entry in found.causes] == [hired.pk], "their first day is part of the answer"


def test_what_changed_before_the_last_time_is_left_out(committed_tenant: Callable[..., Tenant]) -> None:
    scene = Scene(committed_tenant(), make_master_data(), seed=2)
    scene.receive("manager", "NORTH/A-1", quantity="9")
    allowed = event_of(lambda: scene.issue("receiver", "NORTH/A-1", "1"))
    refused = refused_by(lambda: scene.issue("receiver", "NORTH/A-1", "100"))
    found = what_changed(scene.act("owner").actor, refused)
    assert found.since == allowed
    assert found.causes == ()
    assert "stock:1:1" in found.read


def test_a_rule_that_reads_only_what_was_typed_says_so(
    master_data: MasterData, act_as: Any, client_as: Any
) -> None:
    response = client_as("manager").get("/items/NOWHERE/")
    page = client_as("owner").get(f"/audit/requests/{response['X-Request-ID']}/").content.decode()
    assert "This rule looks only at what was entered" in page


def test_the_freeze_is_found_though_its_copy_is_written_later(
    committed_tenant: Callable[..., Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(committed_tenant(), make_master_data(), seed=3)
    scene.receive("receiver", "NORTH/A-1")
    with monkeypatch.context() as without_copies, scene.on_public("ops_lead") as act:
        without_copies.setattr(trail, "_copy_after_commit", lambda tenant_id: None)
        start_freeze(act, tenant=scene.tenant, reason="Figures differ")
    refused = refused_by(lambda: scene.receive("receiver", "NORTH/A-1"))
    trail.sweep()
    copy = Event.objects.get(action="plans.freeze.start")
    assert copy.number > refused.number
    found = what_changed(scene.act("owner").actor, refused)
    assert [entry.event.pk for entry in found.causes] == [copy.pk]


def test_a_gate_that_read_many_records_is_met_by_one(master_data: MasterData, act_as: Any) -> None:
    """Keys with `*` on either side."""
    act = act_as("manager")
    documents.receive(act, master_data, ("BOLT", "NORTH/A-1", "9", "2"))
    documents.post_movement(act_as("receiver"), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "1"))
    documents.post_movement(act, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "8"))
    taken = Event.objects.order_by("-number")[0]
    refused = refused_by(
        lambda: documents.post_movement(
            act_as("receiver"), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "1")
        )
    )
    reader = act_as("owner").actor
    for key in (f"stock:*:{master_data.north.pk}", "stock:*"):
        refused.decision[-1]["inputs"] = [key]
        assert [entry.event.pk for entry in what_changed(reader, refused).causes] == [taken.pk]
    refused.decision[-1]["inputs"] = [f"stock:*:{master_data.south.pk}"]
    assert what_changed(reader, refused).causes == ()


def test_a_deactivation_is_the_cause_of_a_refused_sign_in(
    acacia: Tenant, act_as: Any, client_as: Any
) -> None:
    person = add_person("receiver", name="gone")
    typed = {"email": "gone@example.com", "password": people.PASSWORD}
    assert client_as().post("/sign-in/", typed).status_code == 302
    deactivate_user(act_as("owner"), person=person)
    cause = Event.objects.order_by("-number")[0]
    client_as().post("/sign-in/", typed)
    refused = Event.objects.order_by("-number")[0]
    assert (refused.action, refused.reason) == ("accounts.sign_in", "PERSON_DEACTIVATED")
    found = what_changed(act_as("owner").actor, refused)
    assert found.since is not None
    assert [entry.event.pk for entry in found.causes] == [cause.pk]


def test_it_names_nothing_of_another_hub(master_data: MasterData, act_as: Any, client_as: Any) -> None:
    person = add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", person, master_data.north)
    act = act_as("manager")
    documents.receive(act, master_data, ("BOLT", "NORTH/A-1", "9", "2"))
    documents.post_movement(act_as("receiver"), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "1"))
    documents.post_movement(act, master_data, Kind.TRANSFER, ("BOLT", "NORTH/A-1", "SOUTH/DOCK", "8"))
    refused = refused_by(
        lambda: documents.post_movement(
            act_as("receiver"), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "1")
        )
    )
    limited = act_as(user=person).actor
    [entry] = what_changed(limited, refused).causes
    assert entry.met == ()
    page = client_as(user=person).get(f"/audit/requests/{refused.request_id}/").content.decode()
    assert "What changed?" in page
    assert "SOUTH" not in page
    everything = client_as("owner").get(f"/audit/requests/{refused.request_id}/").content.decode()
    assert "the stock of BOLT in NORTH/A-1" in everything


def test_events_from_before_gates_recorded_what_they_read_say_so(
    master_data: MasterData, act_as: Any
) -> None:
    refused = refused_by(
        lambda: documents.receive(act_as("viewer"), master_data, ("BOLT", "NORTH/A-1", "9", "2"))
    )
    refused.touched = None
    assert not what_changed(act_as("owner").actor, refused).is_recorded


def test_what_was_copied_late_but_happened_before_the_first_day_is_left_out(
    committed_tenant: Callable[..., Tenant],
) -> None:
    scene = Scene(committed_tenant(), make_master_data(), seed=4)  # its creation is not in its trail yet
    person = scene.hire("viewer")
    hired = Event.objects.order_by("-number")[0]
    refused = refused_by(lambda: scene.receive(person, "NORTH/A-1"))
    trail.sweep()
    later = refused_by(lambda: scene.receive(person, "NORTH/A-1"))
    assert Event.objects.filter(action="plans.tenant.create", touched__contains=["role_model"]).exists()
    for event in (refused, later):
        found = what_changed(scene.act("owner").actor, event)
        assert [entry.event.pk for entry in found.causes] == [hired.pk]
