"""Endpoints: creating, changing, enabling and removing them, and who may do so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from guardian.shortcuts import assign_perm

from asora.accounts.models import User
from asora.kernel.act import Act
from asora.kernel.refusals import (
    AuthRequired,
    PermissionDenied,
    PlanLimitExceeded,
    Reason,
    StateConflict,
    ValidationFailed,
)
from audit.events.models import Event
from integrations.endpoints import actions
from integrations.endpoints.models import Endpoint, EndpointSecret
from inventory.models import Hub
from plans.catalogue import CEILINGS
from plans.limits import usage
from plans.models import Tenant
from tests.factories.endpoints import ISSUE, RECEIPT, make_endpoint
from tests.factories.master_data import MasterData
from tests.factories.people import add_person
from tests.kernel.example_action import freeze
from tests.refusals import refused

Acts = Callable[..., Act]
NEEDLE = "sesame-in-the-path"


def last_event() -> Event:
    return Event.objects.latest("number")


def local_owner(hub: Hub) -> User:
    """An owner who works at one hub only."""
    person = add_person("owner", name="local", all_hubs=False)
    assign_perm("inventory.operate_hub", person, hub)
    return person


def change(act: Act, endpoint: Endpoint, **wanted: Any) -> Endpoint:
    now: dict[str, Any] = {
        "name": endpoint.name,
        "url": endpoint.url,
        "event_types": endpoint.event_types,
        "hubs": None if endpoint.all_hubs else list(endpoint.hubs.all()),
        "with_values": endpoint.with_values,
        "version": endpoint.version,
    }
    return actions.change_endpoint(act, endpoint=endpoint, **(now | wanted))


WAYS: dict[str, Callable[[Act, Endpoint], Any]] = {
    "create": lambda act, _endpoint: make_endpoint(act, name="Another"),
    "change": lambda act, endpoint: change(act, endpoint, name="Another"),
    "take_over": lambda act, endpoint: actions.take_over_endpoint(act, endpoint=endpoint),
    "disable": lambda act, endpoint: actions.disable_endpoint(act, endpoint=endpoint),
    "rotate_secret": lambda act, endpoint: actions.rotate_secret(act, endpoint=endpoint),
    "end_older_secrets": lambda act, endpoint: actions.end_older_secrets(act, endpoint=endpoint),
    "remove": lambda act, endpoint: actions.remove_endpoint(act, endpoint=endpoint),
}


def test_works_from_first_to_last(master_data: MasterData, act_as: Acts) -> None:
    owner = act_as("owner")
    endpoint = make_endpoint(owner, hubs=[master_data.north], is_enabled=False)
    assert (endpoint.is_enabled, endpoint.maker) == (False, owner.actor.ref)
    endpoint = actions.enable_endpoint(owner, endpoint=endpoint)
    assert endpoint.is_enabled
    endpoint = change(owner, endpoint, name="ERP", hubs=None, event_types=[ISSUE, RECEIPT, ISSUE])
    assert (endpoint.name, endpoint.all_hubs, endpoint.event_types) == ("ERP", True, [ISSUE, RECEIPT])
    assert not endpoint.hubs.exists()
    endpoint = actions.disable_endpoint(owner, endpoint=endpoint)
    assert not Endpoint.objects.get().is_enabled
    actions.remove_endpoint(owner, endpoint=endpoint)
    assert not Endpoint.objects.exists()
    assert not EndpointSecret.objects.exists()
    assert Endpoint.everything.get().removed_at


def test_is_recorded_with_what_changed_and_without_path_or_secret(
    master_data: MasterData, act_as: Acts
) -> None:
    url = f"https://hooks.example.com:8443/{NEEDLE}?key={NEEDLE}"
    endpoint = make_endpoint(act_as("owner"), url=url, hubs=[master_data.north])
    created = last_event()
    assert created.changes[0]["after"] == {
        "name": "Web shop",
        "address": "https://hooks.example.com:8443",
        "event_types": [RECEIPT],
        "all_hubs": False,
        "hubs": ["NORTH"],
        "with_values": False,
        "is_enabled": True,
        "version": 1,
    }
    assert created.hubs == [master_data.north.pk]
    change(act_as("owner"), endpoint, url=f"https://hooks.example.com:8443/other-{NEEDLE}")
    changed = last_event()
    assert changed.facts["path_changed"] is True
    assert changed.changes[0]["after"] == {"version": 2}
    change(act_as("owner"), Endpoint.objects.get(), hubs=[master_data.south], with_values=True)
    assert last_event().changes[0]["before"] == {"hubs": ["NORTH"], "with_values": False, "version": 2}
    assert set(last_event().hubs) == {master_data.north.pk, master_data.south.pk}
    assert NEEDLE not in str([event.__dict__ for event in Event.objects.all()])


def test_a_refused_creation_records_neither_address_nor_name(acacia: Tenant, act_as: Acts) -> None:
    with pytest.raises(PermissionDenied):
        make_endpoint(act_as("manager"), name=NEEDLE, url=f"https://hooks.example.com/{NEEDLE}")
    assert NEEDLE not in str([event.__dict__ for event in Event.objects.all()])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("role", ["viewer", "manager"])
def test_refuses_all_but_owners_and_leaves_only_the_event(
    acacia: Tenant, act_as: Acts, way: str, role: str
) -> None:
    endpoint = make_endpoint(act_as("owner"))
    before = list(Endpoint.everything.values()), list(EndpointSecret.objects.values())
    with pytest.raises(PermissionDenied):
        WAYS[way](act_as(role), endpoint)
    assert (list(Endpoint.everything.values()), list(EndpointSecret.objects.values())) == before
    event = last_event()
    assert (event.action, event.outcome) == (f"integrations.endpoint.{way}", "refused")
    assert event.decision[-1]["rule"] == "integrations.manage"


@pytest.mark.parametrize("way", WAYS)
def test_hides_from_the_other_tenant(acacia: Tenant, act_as: Acts, way: str) -> None:
    endpoint = make_endpoint(act_as("owner"))
    with pytest.raises(AuthRequired):
        WAYS[way](act_as("outsider"), endpoint)


def test_obeys_the_ceiling_and_counts_only_what_exists(
    acacia: Tenant, act_as: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CEILINGS["pro"], "integrations", 1)  # type: ignore[arg-type]
    first = make_endpoint(act_as("owner"), name="First")
    with pytest.raises(PlanLimitExceeded):
        make_endpoint(act_as("owner"), name="Second")
    assert usage("integrations") == 1
    actions.remove_endpoint(act_as("owner"), endpoint=first)
    assert usage("integrations") == 0
    make_endpoint(act_as("owner"), name="First")


def test_a_smaller_plan_keeps_endpoints_and_refuses_new_ones(
    acacia: Tenant, act_as: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = make_endpoint(act_as("owner"), is_enabled=False)
    monkeypatch.setitem(CEILINGS["pro"], "integrations", 0)  # type: ignore[arg-type]
    assert actions.enable_endpoint(act_as("owner"), endpoint=endpoint).is_enabled
    assert change(act_as("owner"), Endpoint.objects.get(), name="Still here").name == "Still here"
    with pytest.raises(PlanLimitExceeded):
        make_endpoint(act_as("owner"), name="Second")


def test_a_stale_form_is_refused(acacia: Tenant, act_as: Acts) -> None:
    endpoint = make_endpoint(act_as("owner"))
    change(act_as("owner"), endpoint, name="Second name")
    refused(StateConflict, Reason.STALE_FORM, lambda: change(act_as("owner"), endpoint, name="Third name"))
    assert Endpoint.objects.get().name == "Second name"


def test_a_change_without_a_difference_is_nothing_to_do(master_data: MasterData, act_as: Acts) -> None:
    endpoint = make_endpoint(act_as("owner"), hubs=[master_data.north])
    change(act_as("owner"), endpoint)
    assert last_event().outcome == "noop"
    assert Endpoint.objects.get().version == 1


def test_a_name_is_used_once_until_its_endpoint_is_removed(acacia: Tenant, act_as: Acts) -> None:
    endpoint = make_endpoint(act_as("owner"), name="Web shop")
    other = make_endpoint(act_as("owner"), name="Other")
    taken = (ValidationFailed, Reason.CODE_TAKEN)
    refused(*taken, lambda: make_endpoint(act_as("owner"), name="WEB SHOP"))
    refused(*taken, lambda: change(act_as("owner"), other, name="web shop"))
    actions.remove_endpoint(act_as("owner"), endpoint=endpoint)
    assert make_endpoint(act_as("owner"), name="web shop").name == "web shop"


def test_a_removed_endpoint_cannot_be_changed_or_removed_again(acacia: Tenant, act_as: Acts) -> None:
    endpoint = make_endpoint(act_as("owner"))
    actions.remove_endpoint(act_as("owner"), endpoint=endpoint)
    for way in ("change", "take_over", "disable", "rotate_secret", "end_older_secrets", "remove"):
        refused(StateConflict, Reason.NOT_ACTIVE, lambda way=way: WAYS[way](act_as("owner"), endpoint))
    with pytest.raises(IntegrityError), transaction.atomic():
        Endpoint.everything.update(is_enabled=True)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"event_types": []}, "event_types"),
        ({"event_types": ["inventory.posting.unknown.v1"]}, "event_types"),
        ({"hubs": []}, "hubs"),
    ],
)
def test_bad_input_is_refused_at_its_field(
    acacia: Tenant, act_as: Acts, wanted: dict[str, Any], field: str
) -> None:
    refusal = refused(
        ValidationFailed, Reason.INVALID_INPUT, lambda: make_endpoint(act_as("owner"), **wanted)
    )
    assert list(refusal.details["fields"]) == [field]
    assert not Endpoint.everything.exists()


@pytest.mark.parametrize(
    "url", ["http://example.com/", "https://127.0.0.1/", "https://u:p@example.com/", "https://shop.local/"]
)
def test_an_address_that_may_not_be_contacted_is_refused(acacia: Tenant, act_as: Acts, url: str) -> None:
    refusal = refused(
        ValidationFailed, Reason.ADDRESS_NOT_ALLOWED, lambda: make_endpoint(act_as("owner"), url=url)
    )
    assert list(refusal.details["fields"]) == ["url"]


def test_nobody_decides_about_what_they_may_not_see(master_data: MasterData, act_as: Acts) -> None:
    """An owner who works at one hub may neither receive from another one, nor redirect what others receive."""
    local = act_as(user=local_owner(master_data.north))
    everything = make_endpoint(act_as("owner"), name="Everything")
    south = make_endpoint(act_as("owner"), name="South", hubs=[master_data.south])
    for work in (
        lambda: make_endpoint(local, hubs=None),
        lambda: make_endpoint(local, hubs=[master_data.south]),
        lambda: change(local, everything, url="https://mine.example.com/", hubs=[master_data.north]),
        lambda: change(local, south, url="https://mine.example.com/"),
        lambda: actions.take_over_endpoint(local, endpoint=everything),
        lambda: actions.rotate_secret(local, endpoint=south),
    ):
        refused(PermissionDenied, Reason.HUB_NOT_GRANTED, work)
    assert make_endpoint(local, hubs=[master_data.north]).maker == local.actor.ref
    actions.disable_endpoint(local, endpoint=everything)  # stopping needs no such right
    refused(
        PermissionDenied,
        Reason.HUB_NOT_GRANTED,
        lambda: actions.enable_endpoint(local, endpoint=everything),
    )


def test_a_change_makes_its_author_the_maker(acacia: Tenant, act_as: Acts) -> None:
    endpoint = make_endpoint(act_as("owner"))
    other = act_as(user=add_person("owner", name="second"))
    change(other, endpoint, name="Renamed")
    assert Endpoint.objects.get().maker == other.actor.ref
    assert last_event().changes[0]["after"]["maker"] == other.actor.ref


def test_enabling_and_disabling_twice_are_conflicts(acacia: Tenant, act_as: Acts) -> None:
    endpoint = make_endpoint(act_as("owner"))
    refused(
        StateConflict,
        Reason.ALREADY_ACTIVE,
        lambda: actions.enable_endpoint(act_as("owner"), endpoint=endpoint),
    )
    actions.disable_endpoint(act_as("owner"), endpoint=endpoint)
    refused(
        StateConflict,
        Reason.NOT_ACTIVE,
        lambda: actions.disable_endpoint(act_as("owner"), endpoint=endpoint),
    )


def test_a_freeze_allows_only_what_protects(acacia: Tenant, act_as: Acts) -> None:
    """A leaked secret cannot wait for the end of a freeze; nothing else about an endpoint is urgent."""
    endpoint = make_endpoint(act_as("owner"))
    actions.rotate_secret(act_as("owner"), endpoint=endpoint)
    freeze(acacia)
    for way in ("create", "change", "take_over", "remove"):
        refused(StateConflict, Reason.FREEZE_ACTIVE, lambda way=way: WAYS[way](act_as("owner"), endpoint))
    actions.end_older_secrets(act_as("owner"), endpoint=endpoint)
    actions.rotate_secret(act_as("owner"), endpoint=endpoint)
    actions.disable_endpoint(act_as("owner"), endpoint=endpoint)
    refused(
        StateConflict,
        Reason.FREEZE_ACTIVE,
        lambda: actions.enable_endpoint(act_as("owner"), endpoint=endpoint),
    )


def test_deciding_where_payloads_go_needs_recent_proof(acacia: Tenant, act_as: Acts) -> None:
    endpoint = make_endpoint(act_as("owner"))
    act = act_as("owner")
    stale = replace(act, actor=replace(act.actor, proved_at=None))
    for way in ("create", "change", "take_over", "rotate_secret", "remove"):
        refused(AuthRequired, Reason.STEP_UP_REQUIRED, lambda way=way: WAYS[way](stale, endpoint))
    assert not actions.disable_endpoint(stale, endpoint=endpoint).is_enabled
    assert actions.enable_endpoint(stale, endpoint=endpoint).is_enabled
