"""Causes of refusals, one function for each kind: what is allowed, what is changed, what is refused because of that.

Each returns the refused event and the event of its cause, and leaves the tenant as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asora.accounts.people.actions.people import change_hubs, change_role
from audit.events.models import Event
from inventory.actions.bins import archive_bin, restore_bin
from inventory.actions.items import archive_item, restore_item
from inventory.actions.vendors import (
    archive_vendor,
    create_vendor,
    restore_vendor,
    set_vendor_eligibility,
)
from inventory.models import Vendor
from ledger.models import BinBalance
from plans.actions.freezes import end_freeze, explain_freeze, start_freeze
from plans.actions.plan_changes import change_plan
from plans.models import FreezeToggle
from tests.audit.causes.scene import Scene, event_of
from tests.factories import counts

Planted = tuple[Event, Event]
ADDRESSES = ("NORTH/A-1", "NORTH/A-2", "NORTH/DOCK")


def around(
    scene: Scene, attempt: Callable[[], Any], cause: Callable[[], Any], *, first: bool = True
) -> Planted:
    """Allowed (if `first`), changed, refused; and in between what goes on in a company."""
    if first:
        assert event_of(attempt).outcome == "allowed"
    scene.noise()
    changed = event_of(cause)
    assert changed.outcome == "allowed", (changed.action, changed.message)
    scene.noise()
    refused = event_of(attempt)
    assert refused.outcome == "refused", refused.action
    return refused, changed


def a_role(scene: Scene) -> Planted:
    """A receiver becomes a viewer; every other one had never received anything."""
    person = scene.hire("receiver")
    address = scene.any.choice(ADDRESSES)
    role = scene.any.choice(["viewer", "counter"])
    return around(
        scene,
        lambda: scene.receive(person, address),
        lambda: change_role(scene.act("owner"), person=person, role=role, seen="receiver"),
        first=scene.any.random() < 0.5,
    )


def a_hub(scene: Scene) -> Planted:
    """Somebody no longer works at NORTH."""
    person = scene.hire("receiver")
    address = scene.any.choice(ADDRESSES)
    return around(
        scene,
        lambda: scene.receive(person, address),
        lambda: change_hubs(scene.act("owner"), person=person, hubs=["SOUTH"], seen="all"),
        first=scene.any.random() < 0.7,
    )


def a_plan(scene: Scene) -> Planted:
    """The company buys a smaller plan, of which it has already used up the vendors."""
    Vendor.objects.bulk_create(
        (Vendor(code=f"F{number}", name="full") for number in range(10)), ignore_conflicts=True
    )

    def change(before: str, after: str) -> None:
        with scene.on_public("platform_lead") as act:
            values = {"from_plan": before, "to_plan": after, "reason": "As they wish"}
            change_plan(act, tenant=scene.tenant, **values)

    planted = around(
        scene,
        lambda: create_vendor(scene.act("manager"), code=f"V{scene.number()}", name="One"),
        lambda: change("pro", "free"),
    )
    change("free", "pro")
    return planted


def a_freeze(scene: Scene) -> Planted:
    """Operators freeze the company."""

    def freeze() -> None:
        with scene.on_public("ops_lead") as act:
            start_freeze(act, tenant=scene.tenant, reason="Figures differ")

    planted = around(scene, lambda: scene.receive("manager", scene.any.choice(ADDRESSES)), freeze)
    with scene.on_public("ops_lead") as act:
        explain_freeze(act, tenant=scene.tenant, root_cause="A wrong file")
        shown = FreezeToggle.objects.filter(tenant=scene.tenant, kind="root_cause").latest("pk").pk
    with scene.on_public("platform_lead") as act:
        end_freeze(act, tenant=scene.tenant, shown=shown)
    return planted


def an_archived_record(scene: Scene) -> Planted:
    """The item, the bin or the vendor of a delivery is archived."""
    address = scene.any.choice(ADDRESSES)
    name, record, archive, restore = scene.any.choice([
        ("item", scene.master_data.items["BOLT"], archive_item, restore_item),
        ("bin", scene.master_data.bins[address], archive_bin, restore_bin),
        ("vendor", scene.master_data.vendor, archive_vendor, restore_vendor),
    ])  # fmt: skip
    _empty(scene, "BOLT")
    scene.receive("manager", "SOUTH/A-1", quantity="1")
    _empty(scene, "BOLT")

    def attempt() -> None:
        scene.receive("receiver", address)

    assert event_of(attempt).outcome == "allowed"
    _empty(scene, "BOLT")
    planted = around(
        scene, attempt, lambda: archive(scene.act("manager"), **{name: _fresh(record)}), first=False
    )
    restore(scene.act("manager"), **{name: _fresh(record)})
    return planted


def an_eligibility(scene: Scene) -> Planted:
    """The vendor of a delivery may no longer deliver."""
    vendor = scene.master_data.vendor

    def decide(*, eligible: bool) -> None:
        set_vendor_eligibility(
            scene.act("manager"), vendor=vendor, version=_fresh(vendor).version, eligible=eligible
        )

    planted = around(
        scene,
        lambda: scene.receive("receiver", scene.any.choice(ADDRESSES)),
        lambda: decide(eligible=False),
    )
    decide(eligible=True)
    return planted


def a_count(scene: Scene) -> Planted:
    """A count finds less than what somebody wants to issue, or it is handed in while somebody still counts."""
    address = scene.any.choice(["NORTH/A-1", "NORTH/A-2"])
    scene.receive("manager", address, quantity="20")
    session = counts.start(scene.act("manager"), scene.master_data, bins=[scene.master_data.bins[address]])

    def enter(quantity: str) -> None:
        counts.enter(scene.act("manager"), scene.master_data, session, **{f"BOLT {address}": quantity})

    if scene.any.random() < 0.5:
        planted = around(scene, lambda: enter("3"), lambda: counts.hand_in(scene.act("manager"), session))
        counts.approve(scene.act("manager"), session)
        return planted
    enter("3")
    counts.hand_in(scene.act("manager"), session)
    return around(
        scene,
        lambda: scene.issue("receiver", address, "5"),
        lambda: counts.approve(scene.act("manager"), session),
        first=False,
    )


def stock(scene: Scene) -> Planted:
    """Somebody else takes what was there."""
    address = scene.any.choice(ADDRESSES)
    _empty(scene, "BOLT")
    scene.receive("manager", address, quantity="20")
    wanted = scene.any.randint(6, 9)
    return around(
        scene,
        lambda: scene.issue("receiver", address, str(wanted)),
        lambda: scene.issue("manager", address, str(20 - wanted - scene.any.randint(0, wanted - 1))),
    )


def _empty(scene: Scene, sku: str) -> None:
    """Issue everything of an item."""
    item = scene.master_data.items[sku]
    for balance in BinBalance.objects.filter(item=item, quantity__gt=0).select_related("bin__hub"):
        scene.issue("manager", balance.bin.address, f"{balance.quantity:f}", sku=sku)


def _fresh(record: Any) -> Any:
    return type(record)._default_manager.get(pk=record.pk)


KINDS: dict[str, Callable[[Scene], Planted]] = {
    "role": a_role,
    "hub": a_hub,
    "plan": a_plan,
    "freeze": a_freeze,
    "archive": an_archived_record,
    "eligibility": an_eligibility,
    "count": a_count,
    "stock": stock,
}
