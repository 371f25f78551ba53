"""What a manager does with master data: by hand, and by files."""

from __future__ import annotations

from typing import Any

from inventory.actions.bins import archive_bin, create_bin, edit_bin, restore_bin
from inventory.actions.categories import archive_category, create_category, edit_category, restore_category
from inventory.actions.hubs import archive_hub, create_hub, edit_hub, restore_hub
from inventory.actions.items import archive_item, create_item, edit_item, restore_item
from inventory.actions.vendors import (
    archive_vendor,
    create_vendor,
    edit_vendor,
    restore_vendor,
    set_vendor_eligibility,
)
from inventory.files.actions import (
    import_bins,
    import_categories,
    import_hubs,
    import_items,
    import_vendors,
)
from tests.audit.verdicts.company import Company
from tests.factories.onboardings import FILES

NOUNS = ("category", "hub", "bin", "vendor", "item")
BY_HAND = {
    f"inventory.{noun}.{way}" for noun in NOUNS for way in ("create", "edit", "archive", "restore")
} | {"inventory.vendor.eligibility"}
BY_FILE = {f"inventory.{noun}.import" for noun in NOUNS}


def by_hand(company: Company) -> None:
    """One record of each kind is created, edited, archived and restored."""
    act = company.manager
    category = create_category(act, code="TOOLS", name="Tools")
    hub = create_hub(act, code="EAST", name="East")
    made: dict[str, Any] = {
        "category": category,
        "hub": hub,
        "bin": create_bin(act, hub=hub, code="B-1", name="One"),
        "vendor": create_vendor(act, code="V1", name="One"),
        "item": create_item(act, sku="SAW", name="Saw", category=category, unit="pcs"),
    }
    edits = {
        "category": edit_category, "hub": edit_hub, "bin": edit_bin, "vendor": edit_vendor, "item": edit_item,
    }  # fmt: skip
    for noun, edit in edits.items():
        also = {"parent": None} if noun == "category" else {}
        company.edit(edit, noun, made[noun], name="Renamed", **also)
    vendor = company.fresh(made["vendor"])
    set_vendor_eligibility(act, vendor=vendor, version=vendor.version, eligible=False)
    archivals = {
        "item": (archive_item, restore_item),
        "vendor": (archive_vendor, restore_vendor),
        "bin": (archive_bin, restore_bin),
        "hub": (archive_hub, restore_hub),
        "category": (archive_category, restore_category),
    }
    for noun, (archive, _restore) in archivals.items():
        archive(act, **{noun: company.fresh(made[noun])})
    for noun, (_archive, restore) in reversed(archivals.items()):
        restore(act, **{noun: company.fresh(made[noun])})


def by_file(company: Company) -> None:
    """Each kind is imported from a file."""
    imports = {
        "categories": import_categories,
        "hubs": import_hubs,
        "bins": import_bins,
        "vendors": import_vendors,
        "items": import_items,
    }
    for noun, import_ in imports.items():
        import_(company.manager, content=FILES[noun].replace(b"PARTS", b"SPARES").replace(b"NORTH", b"WEST"))
