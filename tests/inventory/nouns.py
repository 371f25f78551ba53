"""One description for each kind of master data: how it is created, edited, archived, restored and imported.

The ladder of tests walks all of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asora.kernel.act import Act
from inventory.actions.bins import archive_bin, create_bin, edit_bin, restore_bin
from inventory.actions.categories import archive_category, create_category, edit_category, restore_category
from inventory.actions.hubs import archive_hub, create_hub, edit_hub, restore_hub
from inventory.actions.items import archive_item, create_item, edit_item, restore_item
from inventory.actions.vendors import archive_vendor, create_vendor, edit_vendor, restore_vendor
from inventory.files.actions import import_bins, import_categories, import_hubs, import_items, import_vendors
from inventory.models import Bin, Category, Hub, Item, Vendor
from tests.factories.items import default_category, default_hub

REPOSITORY = Path(__file__).resolve().parents[2]


DATASET = Path(os.environ.get("ASORA_DATA", REPOSITORY.parent / "shared" / "data")) / "adventureworks"


@dataclass(frozen=True)
class Noun:
    """How one kind of record is created, edited and archived; the ladder of tests uses each of them."""

    name: str
    model: type[Any]
    create: Any
    edit: Any
    archive: Any
    restore: Any
    import_file: Any
    url: str
    file: str
    code: str = "code"
    ceiling: str = ""
    given: Callable[[], Mapping[str, Any]] = field(default=dict)

    def make(self, act: Act, code: str, name: str = "First name") -> Any:
        """A new record by the noun's own action."""
        return self.create(act, **{self.code: code, "name": name, **self.given()})

    def rename(self, act: Act, record: Any, name: str, *, version: int | None = None) -> Any:
        """An edit of the name alone."""
        values = {self.name: record, "version": version or record.version, "name": name}
        if self.name == "category":
            values["parent"] = record.parent
        return self.edit(act, **values)

    def end(self, act: Act, record: Any) -> Any:
        """Into the archive."""
        return self.archive(act, **{self.name: record})

    def bring_back(self, act: Act, record: Any) -> Any:
        """Out of the archive."""
        return self.restore(act, **{self.name: record})


NOUNS = {
    noun.name: noun
    for noun in (
        Noun(
            "category",
            Category,
            create_category,
            edit_category,
            archive_category,
            restore_category,
            import_categories,
            "/categories/",
            "code,name,parent_code\nTYRES,Tyres,\n",
            ceiling="categories",
        ),
        Noun(
            "hub",
            Hub,
            create_hub,
            edit_hub,
            archive_hub,
            restore_hub,
            import_hubs,
            "/hubs/",
            "code,name\nSOUTH,Southgate\n",
            ceiling="hubs",
        ),
        Noun(
            "bin",
            Bin,
            create_bin,
            edit_bin,
            archive_bin,
            restore_bin,
            import_bins,
            "/bins/NORTH/",
            "hub_code,code,name\nNORTH,B-7,\n",
            given=lambda: {"hub": default_hub()},
            ceiling="bins",
        ),
        Noun(
            "vendor",
            Vendor,
            create_vendor,
            edit_vendor,
            archive_vendor,
            restore_vendor,
            import_vendors,
            "/vendors/",
            "code,name,eligible\nALDER,Alder,true\n",
            ceiling="vendors",
        ),
        Noun(
            "item",
            Item,
            create_item,
            edit_item,
            archive_item,
            restore_item,
            import_items,
            "/items/",
            "sku,name,category_code,unit,standard_cost,reorder_point\nCH-1,Chain,GOODS,EA,1.5,40\n",
            code="sku",
            given=lambda: {"category": default_category(), "unit": "EA"},
            ceiling="items",
        ),
    )
}
