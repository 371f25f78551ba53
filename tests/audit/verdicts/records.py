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
from tests.audit.verdicts.company import Attempt, Company
from tests.factories import documents


def a_hub_in_use(company: Company) -> tuple[Attempt, Attempt]:
    hub = company.master_data.south
    for place in hub.bins.exclude(code="DOCK"):
        archive_bin(company.manager, bin=place)
    dock = company.master_data.bins["SOUTH/DOCK"]
    return lambda: archive_hub(company.manager, hub=hub), lambda: archive_bin(company.manager, bin=dock)


def a_category_in_use(company: Company) -> tuple[Attempt, Attempt]:
    category = create_category(company.manager, code="ONE", name="One")
    item = create_item(company.manager, sku="X", name="X", category=category, unit="EA")
    return lambda: archive_category(company.manager, category=category), lambda: archive_item(
        company.manager, item=item
    )


def a_category_that_an_item_leaves(company: Company) -> tuple[Attempt, Attempt]:
    attempt, _ = a_category_in_use(company)
    item = company.master_data.items["BOLT"].__class__.objects.get(sku="X")
    parts = Category.objects.get(code="PARTS")
    return attempt, lambda: company.edit(edit_item, "item", item, category=parts)


def a_category_that_gets_an_item(company: Company) -> tuple[Attempt, Attempt]:
    category = create_category(company.manager, code="ONE", name="One")
    return lambda: archive_category(company.manager, category=category), lambda: create_item(
        company.manager, sku="X", name="X", category=category, unit="EA"
    )


def an_archived_category(company: Company) -> tuple[Attempt, Attempt]:
    category = create_category(company.manager, code="ONE", name="One")
    archive_category(company.manager, category=category)
    return (
        lambda: create_item(company.manager, sku="X", name="X", category=category, unit="EA"),
        lambda: restore_category(company.manager, category=category),
    )


def an_archived_parent(company: Company) -> tuple[Attempt, Attempt]:
    category = create_category(company.manager, code="ONE", name="One")
    archive_category(company.manager, category=category)
    return (
        lambda: create_category(company.manager, code="TWO", name="Two", parent=category),
        lambda: restore_category(company.manager, category=category),
    )


def a_stale_form(
    edit: Any, name: str, of: Callable[[Company], Any]
) -> Callable[[Company], tuple[Attempt, Attempt]]:
    def pair(company: Company) -> tuple[Attempt, Attempt]:
        record = of(company)
        more = {"parent": None} if name == "category" else {}
        return (
            lambda: company.edit(edit, name, record, version=1, name="Mine", **more),
            lambda: company.edit(edit, name, record, name="Theirs", **more),
        )

    return pair


def archived(
    archive: Any, restore: Any, name: str, of: Callable[[Company], Any]
) -> Callable[[Company], tuple[Attempt, Attempt]]:
    """Stock may come in again once what was archived has been restored."""

    def pair(company: Company) -> tuple[Attempt, Attempt]:
        record = of(company)
        archive(company.manager, **{name: record})
        return company.receive, lambda: restore(company.manager, **{name: record})

    return pair


def a_hub_archived(company: Company) -> tuple[Attempt, Attempt]:
    for place in company.master_data.north.bins.all():
        archive_bin(company.manager, bin=place)
    archive_hub(company.manager, hub=company.master_data.north)
    return (
        lambda: create_bin(company.manager, hub=company.master_data.north, code="B-9"),
        lambda: restore_hub(company.manager, hub=company.master_data.north),
    )


def an_ineligible_vendor(company: Company) -> tuple[Attempt, Attempt]:
    vendor = company.master_data.vendor
    set_vendor_eligibility(company.manager, vendor=vendor, version=1, eligible=False)
    return company.receive, lambda: set_vendor_eligibility(
        company.manager, vendor=vendor, version=2, eligible=True
    )


def a_fixed_unit(company: Company) -> tuple[Attempt, Attempt]:
    oil = company.master_data.items["OIL"]
    return (
        lambda: company.edit(edit_item, "item", oil, unit="ml"),
        lambda: documents.receive(company.manager, company.master_data, ("OIL", "NORTH/A-1", "1", "1")),
    )


def bins_by_file(company: Company) -> tuple[Attempt, Attempt]:
    hub = company.master_data.south
    for place in hub.bins.all():
        archive_bin(company.manager, bin=place)
    return lambda: archive_hub(company.manager, hub=hub), lambda: import_bins(
        company.manager, content=b"hub_code,code\nSOUTH,B-9\n"
    )
