"""Each reason that can be repaired, once: a refusal of it, the repair that the trail finds, and the proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from asora.accounts.people.actions.erasing import erase_person
from asora.accounts.people.actions.people import deactivate_user
from asora.kernel.refusals import Reason, Refusal
from asora.kernel.repairs import REPAIRS
from audit.events.models import Event
from audit.explorer.rehearsals.looks import request_of
from audit.explorer.rehearsals.why import plan_for
from inventory.actions.bins import edit_bin
from inventory.actions.categories import create_category
from inventory.actions.hubs import archive_hub, create_hub
from inventory.actions.items import create_item
from inventory.actions.vendors import create_vendor
from inventory.models import Bin, Category, Hub
from ledger.adjustments.actions.requests import post_request, request_adjustment
from ledger.exports.actions import create_export
from ledger.models import AdjustmentReason, Kind
from plans.actions.plan_changes import change_plan
from plans.models import Tenant
from tests.audit.refusals.world import World
from tests.audit.test_ask_why import prove
from tests.factories import counts, documents, tenants
from tests.factories.endpoints import make_endpoint
from tests.factories.people import add_person
from tests.ledger.test_exports import export_request

Attempt = Callable[[], Any]
#: Repairs of reasons with a test of their own below.
APART = {Reason.FOUR_EYES, Reason.TENANT_NOT_GRANTED, Reason.NO_SESSION}


@pytest.fixture
def world(acacia: Any, act_as: Any, master_data: Any) -> World:
    return World(master_data, act_as, acacia)


def receipt(world: World, role: str = "owner", address: str = "NORTH/A-1") -> Attempt:
    return lambda: documents.receive(world.act(role), world.master_data, ("BOLT", address, "1", "2"))


def issue(world: World, quantity: str = "6", **values: Any) -> Attempt:
    draft = documents.draft(world.master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", quantity))
    return lambda: documents.post(world.owner, world.master_data, replace(draft, **values))


def adjustment(world: World, **values: Any) -> Attempt:
    draft = documents.draft(world.master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "-1"))
    return lambda: documents.post(world.owner, world.master_data, replace(draft, **values))


def limited(world: World) -> Attempt:
    return receipt(world, "limited", "SOUTH/A-1")


def archived(which: str) -> Callable[[World], Attempt]:
    def prepare(world: World) -> Attempt:
        place = world.master_data.bins["NORTH/A-1"]
        world.archive(
            {
                "item": world.master_data.items["BOLT"],
                "bin": place,
                "hub": place.hub,
                "vendor": world.master_data.vendor,
            }[which]
        )
        return receipt(world)

    return prepare


def an_archived_category(world: World) -> Attempt:
    parent = Category.objects.get(code="PARTS")
    world.archive(parent)
    return lambda: create_category(world.owner, code="N-1", name="New", parent=parent)


def an_archived_bin_to_edit(world: World) -> Attempt:
    place = world.master_data.bins["SOUTH/A-1"]
    world.archive(place)
    return lambda: edit_bin(world.owner, bin=place, version=1, name="Other")


def an_ineligible_vendor(world: World) -> Attempt:
    type(world.master_data.vendor).objects.update(eligible=False)
    return receipt(world)


def a_hub_in_use(world: World) -> Attempt:
    return lambda: archive_hub(world.owner, hub=world.master_data.south)


def an_archived_reason(world: World) -> Attempt:
    AdjustmentReason.objects.filter(code="DAMAGED").update(archived_at=timezone.now())
    return adjustment(world)


def the_last_owner(world: World) -> Attempt:
    return lambda: deactivate_user(world.owner, person=world.owner.actor.account)


def full(resource: str, make: Callable[[World], Any]) -> Callable[[World], Attempt]:
    def prepare(world: World) -> Attempt:
        world.fill(resource)
        return lambda: make(world)

    return prepare


def _a_bin(world: World) -> Bin:
    from inventory.actions.bins import create_bin

    return create_bin(world.owner, hub=Hub.objects.get(code="NORTH"), code="N-1")


def _an_item(world: World) -> Any:
    category = Category.objects.get(code="PARTS")
    return create_item(world.owner, sku="N-1", name="New", category=category, unit="pcs")


def too_many_exports(world: World) -> Attempt:
    world.plan("free")
    for chosen in ({}, {"item": "BOLT"}, {"item": "OIL"}, {"item": "CABLE"}, {"hub": "NORTH"}):
        create_export.submit(world.owner, export_request(world.owner, **chosen))
    return lambda: create_export.submit(world.owner, export_request(world.owner, hub="SOUTH"))


def an_endpoint_too_many(world: World) -> Attempt:
    world.plan("free")
    return lambda: make_endpoint(world.owner, hubs=[world.master_data.north])


def a_frozen_tenant(world: World) -> Attempt:
    world.freeze()
    return receipt(world)


def the_same_reference(world: World) -> Attempt:
    issue(world, "1")()
    return issue(world, "1", confirmed=frozenset())


def what_a_count_has_booked(world: World) -> Attempt:
    session = counts.start(world.owner, world.master_data)
    counts.enter(world.owner, world.master_data, session, **{"BOLT NORTH/A-1": "4"})
    counts.hand_in(world.owner, session)
    counts.approve(world.owner, session)
    return adjustment(world, confirmed=frozenset(), effective_on=date(2026, 3, 1))


CASES: Mapping[Reason, Callable[[World], Attempt]] = {
    Reason.ROLE_LACKS_PERMISSION: lambda world: receipt(world, "viewer"),
    Reason.HUB_NOT_GRANTED: limited,
    Reason.LAST_OWNER: the_last_owner,
    Reason.FREEZE_ACTIVE: a_frozen_tenant,
    Reason.ITEM_ARCHIVED: archived("item"),
    Reason.BIN_ARCHIVED: archived("bin"),
    Reason.HUB_ARCHIVED: archived("hub"),
    Reason.VENDOR_ARCHIVED: archived("vendor"),
    Reason.CATEGORY_ARCHIVED: an_archived_category,
    Reason.ALREADY_ARCHIVED: an_archived_bin_to_edit,
    Reason.VENDOR_INELIGIBLE: an_ineligible_vendor,
    Reason.STILL_IN_USE: a_hub_in_use,
    Reason.UNKNOWN_REASON: an_archived_reason,
    Reason.INSUFFICIENT_STOCK: issue,
    Reason.DATE_LONG_AGO: lambda world: issue(
        world, "1", confirmed=frozenset(), effective_on=date(2001, 1, 1)
    ),
    Reason.BELOW_ZERO_BY_DATE: lambda world: issue(
        world, "1", confirmed=frozenset(), effective_on=date(2026, 1, 1)
    ),
    Reason.REFERENCE_POSTED: the_same_reference,
    Reason.COUNTED_SINCE: what_a_count_has_booked,
    Reason.PLAN_VENDORS: full("vendors", lambda world: create_vendor(world.owner, code="N-1", name="New")),
    Reason.PLAN_CATEGORIES: full(
        "categories", lambda world: create_category(world.owner, code="N-1", name="New")
    ),
    Reason.PLAN_HUBS: full("hubs", lambda world: create_hub(world.owner, code="N-1", name="New")),
    Reason.PLAN_BINS: full("bins", _a_bin),
    Reason.PLAN_ITEMS: full("items", _an_item),
    Reason.PLAN_EXPORTS: too_many_exports,
    Reason.PLAN_INTEGRATIONS: an_endpoint_too_many,
}


def refused(attempt: Attempt) -> Event:
    with pytest.raises(Refusal):
        attempt()
    return Event.objects.filter(outcome="refused").latest("number")


def test_every_reason_with_a_repair_is_tried() -> None:
    assert set(CASES) | APART == set(REPAIRS)


@pytest.mark.parametrize("reason", CASES)
def test_a_repair_is_found_and_proved(reason: Reason, world: World) -> None:
    attempt = CASES[reason](world)
    event = refused(attempt)
    plan = prove(event)
    assert plan.blocked is None, plan.blocked
    assert reason in str(event.decision[-1]), event.reason
    assert plan.steps
    for repair in plan.chosen:
        if not (repair.sent or repair.as_person):
            world.apply(repair)
    if all(not repair.sent for repair in plan.chosen):
        world.owner = world.act_as("owner")
        attempt()


def test_another_person_may_do_what_two_have_to(cedar: Tenant, act_as: Any) -> None:
    from tests.factories.master_data import make_master_data

    master_data = make_master_data()
    owner = act_as("owner")
    documents.receive(act_as("receiver"), master_data, ("BOLT", "NORTH/A-1", "5", "2"))
    draft = documents.draft(master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "-1"))
    hubs = documents.hubs_of(master_data, draft)
    request = request_adjustment(owner, draft=draft, hubs=hubs, reference="DOC-1")
    plan = prove(refused(lambda: post_request(owner, request=request)))
    [repair] = plan.chosen
    assert str(repair.text) == "Let another person with this permission do it."
    assert repair.as_person == act_as("approver").actor.ref


def test_a_person_is_active_again(acacia: Tenant, act_as: Any, master_data: Any) -> None:
    viewer = act_as("viewer")
    event = refused(lambda: documents.receive(viewer, master_data, ("BOLT", "NORTH/A-1", "1", "2")))
    type(viewer.actor.account).objects.filter(ref=viewer.actor.ref).update(is_active=False)
    plan = prove(event)
    assert [repair.key.partition(":")[0] for repair in plan.chosen] == ["active", "role"]


def test_a_person_who_was_erased_stays_erased(acacia: Tenant, act_as: Any, master_data: Any) -> None:
    viewer = act_as("viewer")
    event = refused(lambda: documents.receive(viewer, master_data, ("BOLT", "NORTH/A-1", "1", "2")))
    person = viewer.actor.account
    erase_person(act_as("owner"), person=person)
    plan = plan_for(request_of(event))
    assert plan.blocked
    assert "erased for good" in str(plan.blocked.cause)
    assert not plan.steps


def test_an_operator_gets_a_tenant(public: Tenant, acacia: Tenant) -> None:
    from tests.factories.people import act_of

    with tenant_context(tenants.public()):
        limited_one = add_person("operator", name="olga", all_hubs=False)
        birch = Tenant.objects.get(slug="birch")
        assign_perm("plans.manage_tenant", limited_one, birch)
        act = act_of(limited_one, tenants.public())
        values = {"from_plan": "pro", "to_plan": "free", "reason": "They asked for it"}
        tenant = Tenant.objects.get(slug="acacia")
        event = refused(lambda: change_plan(act, tenant=tenant, **values))
        assert event.reason == Reason.TENANT_NOT_GRANTED
        plan = prove(event)
        assert [str(repair.text) for repair in plan.steps[0].need] == [
            "Let this person work at acacia.",
            "Let this person work everywhere.",
        ]


def test_the_same_export_again_needs_no_larger_plan(world: World) -> None:
    from asora.kernel import looking
    from asora.kernel.refusals import PlanLimitExceeded

    attempt = too_many_exports(world)
    same, new = export_request(world.owner), export_request(world.owner, hub="SOUTH")
    assert same.is_valid()
    assert new.is_valid()
    with looking.looking():
        create_export.look(world.owner, **same.values())
    with looking.looking(), pytest.raises(PlanLimitExceeded):
        create_export.look(world.owner, **new.values())
    with pytest.raises(PlanLimitExceeded):
        attempt()
