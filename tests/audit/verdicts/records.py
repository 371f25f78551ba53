"""Master data: an attempt, and an action that changes how it is decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inventory.actions.bins import archive_bin, create_bin
from inventory.actions.categories import archive_category, create_category, restore_category
from inventory.actions.hubs import archive_hub, restore_hub
from inventory.actions.items import archive_item, create_item, edit_item
from inventory.actions.vendors import (
    set_vendor_eligibility,
)
from inventory.files.actions import import_bins
from inventory.models import Category
from tests.audit.verdicts.company import Attempt, World
from tests.factories import documents


def a_hub_in_use(world: World) -> tuple[Attempt, Attempt]:
    hub = world.master_data.south
    for place in hub.bins.exclude(code="DOCK"):
        archive_bin(world.manager, bin=place)
    dock = world.master_data.bins["SOUTH/DOCK"]
    return lambda: archive_hub(world.manager, hub=hub), lambda: archive_bin(world.manager, bin=dock)


def a_category_in_use(world: World) -> tuple[Attempt, Attempt]:
    category = create_category(world.manager, code="ONE", name="One")
    item = create_item(world.manager, sku="X", name="X", category=category, unit="EA")
    return lambda: archive_category(world.manager, category=category), lambda: archive_item(
        world.manager, item=item
    )


def a_category_that_an_item_leaves(world: World) -> tuple[Attempt, Attempt]:
    attempt, _ = a_category_in_use(world)
    item = world.master_data.items["BOLT"].__class__.objects.get(sku="X")
    parts = Category.objects.get(code="PARTS")
    return attempt, lambda: world.edit(edit_item, "item", item, category=parts)


def a_category_that_gets_an_item(world: World) -> tuple[Attempt, Attempt]:
    category = create_category(world.manager, code="ONE", name="One")
    return lambda: archive_category(world.manager, category=category), lambda: create_item(
        world.manager, sku="X", name="X", category=category, unit="EA"
    )


def an_archived_category(world: World) -> tuple[Attempt, Attempt]:
    category = create_category(world.manager, code="ONE", name="One")
    archive_category(world.manager, category=category)
    return (
        lambda: create_item(world.manager, sku="X", name="X", category=category, unit="EA"),
        lambda: restore_category(world.manager, category=category),
    )


def an_archived_parent(world: World) -> tuple[Attempt, Attempt]:
    category = create_category(world.manager, code="ONE", name="One")
    archive_category(world.manager, category=category)
    return (
        lambda: create_category(world.manager, code="TWO", name="Two", parent=category),
        lambda: restore_category(world.manager, category=category),
    )


def a_stale_form(
    edit: Any, name: str, of: Callable[[World], Any]
) -> Callable[[World], tuple[Attempt, Attempt]]:
    def pair(world: World) -> tuple[Attempt, Attempt]:
        record = of(world)
        more = {"parent": None} if name == "category" else {}
        return (
            lambda: world.edit(edit, name, record, version=1, name="Mine", **more),
            lambda: world.edit(edit, name, record, name="Theirs", **more),
        )

    return pair


def archived(
    archive: Any, restore: Any, name: str, of: Callable[[World], Any]
) -> Callable[[World], tuple[Attempt, Attempt]]:
    """Stock may come in again once what was archived has been restored."""

    def pair(world: World) -> tuple[Attempt, Attempt]:
        record = of(world)
        archive(world.manager, **{name: record})
        return world.receive, lambda: restore(world.manager, **{name: record})

    return pair


def a_hub_archived(world: World) -> tuple[Attempt, Attempt]:
    for place in world.master_data.north.bins.all():
        archive_bin(world.manager, bin=place)
    archive_hub(world.manager, hub=world.master_data.north)
    return (
        lambda: create_bin(world.manager, hub=world.master_data.north, code="B-9"),
        lambda: restore_hub(world.manager, hub=world.master_data.north),
    )


def an_ineligible_vendor(world: World) -> tuple[Attempt, Attempt]:
    vendor = world.master_data.vendor
    set_vendor_eligibility(world.manager, vendor=vendor, version=1, eligible=False)
    return world.receive, lambda: set_vendor_eligibility(
        world.manager, vendor=vendor, version=2, eligible=True
    )


def a_fixed_unit(world: World) -> tuple[Attempt, Attempt]:
    oil = world.master_data.items["OIL"]
    return (
        lambda: world.edit(edit_item, "item", oil, unit="ml"),
        lambda: documents.receive(world.manager, world.master_data, ("OIL", "NORTH/A-1", "1", "1")),
    )


def bins_by_file(world: World) -> tuple[Attempt, Attempt]:
    hub = world.master_data.south
    for place in hub.bins.all():
        archive_bin(world.manager, bin=place)
    return lambda: archive_hub(world.manager, hub=hub), lambda: import_bins(
        world.manager, content=b"hub_code,code\nSOUTH,B-9\n"
    )
