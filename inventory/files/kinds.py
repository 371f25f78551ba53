"""Files of master data: one kind per noun."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from asora.files.columns import FileColumn
from asora.files.kinds import FileKind, offer
from asora.files.models import Upload
from asora.files.refused_lines import typed_cells
from asora.kernel.forms import DoorForm
from asora.kernel.pages import AsoraRequest
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Values
from inventory.files.actions import (
    Imported,
    import_bins,
    import_categories,
    import_hubs,
    import_items,
    import_vendors,
)
from inventory.models.item_fields import ITEM_FIELDS


class RecordFile(DoorForm):
    """An uploaded file of records. It is read in the action's `derive`, so nothing of it is wrong before."""

    def __init__(self, upload: Upload, columns: Sequence[FileColumn]) -> None:
        self.upload = upload
        self.columns = columns

    def is_valid(self) -> bool:
        """Any bytes have the right shape; what is wrong with them is found by reading them."""
        return True

    def values(self) -> Values:
        """The arguments of an action that imports records."""
        return {"content": self.upload.as_sent, "mapping": self.upload.mapping}

    def facts(self) -> Values:
        """The facts that identify the file in its event."""
        return {"sha256": self.upload.sha256}

    def evidence(self, refusal: Refusal) -> Values:
        """The refused cells, as recorded in the event."""
        return {
            "typed": {
                "lines": typed_cells(
                    self.upload.as_sent,
                    refusal,
                    required=[column.name for column in self.columns if column.is_needed],
                    optional=[column.name for column in self.columns if not column.is_needed],
                    mapping=self.upload.mapping,
                )
            }
        }


class RecordFiles(FileKind):
    """The files of one noun."""

    outcome_type = Imported
    template = "inventory/import.html"

    def form(self, upload: Upload, **options: Any) -> RecordFile:
        """The upload in the shape of a form."""
        return RecordFile(upload, self.columns)

    def finish(self, request: AsoraRequest, outcome: Imported) -> HttpResponse:
        """Redirect to the list with a message that has the number of new records."""
        if not outcome.created:
            messages.info(
                request, gettext("Every record in the file already exists, so nothing was changed.")
            )
        else:
            counts = {"created": f"{outcome.created:,}", "unchanged": f"{outcome.unchanged:,}"}
            message = (
                gettext("Import finished. New records: %(created)s. Already in Asora: %(unchanged)s.")
                if outcome.unchanged
                else gettext("Import finished. New records: %(created)s.")
            )
            messages.success(request, message % counts)
        return redirect(self.back_route)


CODE = _("Cannot be changed later. Use letters, digits and . _ - & +")
NAME = _("The name that people see.")
STATE = FileColumn("state", _("Write archived for an archived record, else leave it empty."), is_needed=False)
CATEGORY_FILES = RecordFiles(
    kind="categories",
    action=import_categories,
    title=_("Import categories"),
    route="inventory:category-import",
    back_title=_("Categories"),
    back_route="inventory:category-list",
    columns=(
        FileColumn("code", CODE, also=("category code", "category", "id", "number")),
        FileColumn("name", NAME),
        FileColumn(
            "parent_code",
            _("Code of the parent category, in this file or in Asora. Empty for the top level."),
        ),
        STATE,
    ),
    example="code,name,parent_code\nBIKES,Bikes,\nROAD-BIKES,Road bikes,BIKES",
)
HUB_FILES = RecordFiles(
    kind="hubs",
    action=import_hubs,
    title=_("Import hubs"),
    route="inventory:hub-import",
    back_title=_("Hubs"),
    back_route="inventory:hub-list",
    columns=(
        FileColumn("code", CODE, also=("hub code", "hub", "warehouse code", "warehouse", "site", "id")),
        FileColumn("name", NAME),
        STATE,
    ),
    example="code,name\nNORTH,Northgate warehouse",
)
BIN_FILES = RecordFiles(
    kind="bins",
    action=import_bins,
    title=_("Import bins"),
    route="inventory:bin-import",
    back_title=_("Bins"),
    back_route="inventory:bin-list",
    columns=(
        FileColumn("hub_code", _("Code of the hub that the bin is in.")),
        FileColumn(
            "code",
            _("Cannot be changed later. Unique in its hub."),
            also=("bin code", "bin", "location code", "location", "shelf", "slot"),
        ),
        FileColumn("name", _("Helps people find the bin if the code is not enough."), is_needed=False),
        STATE,
    ),
    example="hub_code,code\nNORTH,A-1\nNORTH,A-2",
)
VENDOR_FILES = RecordFiles(
    kind="vendors",
    action=import_vendors,
    title=_("Import vendors"),
    route="inventory:vendor-import",
    back_title=_("Vendors"),
    back_route="inventory:vendor-list",
    columns=(
        FileColumn(
            "code",
            CODE,
            also=(
                "vendor code",
                "supplier code",
                "vendor number",
                "supplier number",
                "supplier",
                "vendor",
                "id",
            ),
        ),
        FileColumn("name", NAME, also=("vendor name", "supplier name", "company")),
        FileColumn("eligible", _("true or false: may deliveries of this vendor be received?")),
        STATE,
    ),
    example="code,name,eligible\nALDER,Alder Components,true",
)
ITEM_FILES = RecordFiles(
    kind="items",
    action=import_items,
    title=_("Import items"),
    route="inventory:item-import",
    back_title=_("Items"),
    back_route="inventory:item-list",
    columns=(
        *(
            FileColumn(field.in_file, field.meaning, is_needed=field.is_needed, also=field.other_names)
            for field in ITEM_FIELDS
        ),
        STATE,
    ),
    example="sku,name,category_code,unit,standard_cost,reorder_point\nCH-101,Chain 11-speed,CHAINS,EA,14.20,40",
)
#: By `Upload.kind`, in the order in which they refer to each other.
KINDS = {kind.kind: kind for kind in (CATEGORY_FILES, HUB_FILES, BIN_FILES, VENDOR_FILES, ITEM_FILES)}
offer(*KINDS.values())
