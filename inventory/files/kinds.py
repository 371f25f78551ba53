"""Files of master data: what kinds there are, and checking or importing one that was sent.

`check_file` and `import_file` take an act and an upload and need no request: whoever does long work in the background
calls them as the page does. What they return or raise is what the page shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from asora.files.columns import FileColumn
from asora.files.models import Upload
from asora.files.refused_lines import typed_cells
from asora.kernel.act import Act
from asora.kernel.door import Action
from asora.kernel.refusals import Refusal
from inventory.files.actions import import_bins, import_categories, import_hubs, import_items, import_vendors
from inventory.files.actions.file_lines import Imported, ImportedLine


@dataclass(frozen=True, slots=True)
class RecordKind:
    """The files of one noun: their columns, an example, and the action that takes them."""

    action: Action[Any, Imported]
    columns: Sequence[FileColumn]
    example: str


CODE = _("Never changes. Letters, digits and . _ - & +")
NAME = _("What people call it.")
#: By the word that an upload of this kind has.
KINDS: Mapping[str, RecordKind] = {
    "categories": RecordKind(
        import_categories,
        (
            FileColumn("code", CODE, also=("category code", "category", "id", "number")),
            FileColumn("name", NAME),
            FileColumn(
                "parent_code", _("The category it is below, anywhere in the file or here already; or empty.")
            ),
        ),
        "code,name,parent_code\nBIKES,Bikes,\nROAD-BIKES,Road bikes,BIKES",
    ),
    "hubs": RecordKind(
        import_hubs,
        (
            FileColumn("code", CODE, also=("hub code", "hub", "warehouse code", "warehouse", "site", "id")),
            FileColumn("name", NAME),
        ),
        "code,name\nNORTH,Northgate warehouse",
    ),
    "bins": RecordKind(
        import_bins,
        (
            FileColumn("hub_code", _("The hub it is in.")),
            FileColumn(
                "code",
                _("Never changes; unique in its hub."),
                also=("bin code", "bin", "location code", "location", "shelf", "slot"),
            ),
            FileColumn("name", _("Where to find it, if the code does not say."), is_needed=False),
        ),
        "hub_code,code\nNORTH,A-1\nNORTH,A-2",
    ),
    "vendors": RecordKind(
        import_vendors,
        (
            FileColumn(
                "code",
                CODE,
                also=("vendor code", "supplier code", "vendor number", "supplier number", "supplier", "vendor", "id"),
            ),
            FileColumn("name", NAME, also=("vendor name", "supplier name", "company")),
            FileColumn("eligible", _("true or false: whether its deliveries may be received.")),
        ),
        "code,name,eligible\nALDER,Alder Components,true",
    ),
    "items": RecordKind(
        import_items,
        (
            FileColumn("sku", CODE),
            FileColumn("name", NAME),
            FileColumn("category_code", _("The category it belongs to.")),
            FileColumn("unit", _("EA, kg, m …")),
            FileColumn("standard_cost", _("Per unit, up to 6 decimal places; empty is 0.")),
            FileColumn("reorder_point", _("A quantity, or empty.")),
            FileColumn(
                "decimals", _("Decimal places of its quantities, 0 to 4; without it 0."), is_needed=False
            ),
            FileColumn("putaway_bin", _("Hub and bin, with a slash between."), is_needed=False),
            FileColumn("barcodes", _("Separated by spaces."), is_needed=False),
        ),
        "sku,name,category_code,unit,standard_cost,reorder_point\nCH-101,Chain 11-speed,CHAINS,EA,14.20,40",
    ),
}  # fmt: skip


class RecordFile:
    """An upload as the door judges it. Whether it is a table is for the action to find out."""

    def __init__(self, upload: Upload) -> None:
        self.upload = upload

    def is_valid(self) -> bool:
        """Always: what is wrong with a file is said line by line."""
        return True

    def values(self) -> dict[str, Any]:
        """The arguments of an action that imports records."""
        return {"content": self.upload.as_sent, "mapping": self.upload.mapping}

    def facts(self) -> dict[str, Any]:
        """What names the file in an event, whatever became of it."""
        return {"sha256": self.upload.sha256}

    def evidence(self, refusal: Refusal) -> dict[str, Any]:
        """The cells that were refused, as the event may say them."""
        columns = KINDS[self.upload.kind].columns
        return {
            "typed": {
                "lines": typed_cells(
                    self.upload.as_sent,
                    refusal,
                    required=[column.name for column in columns if column.is_needed],
                    optional=[column.name for column in columns if not column.is_needed],
                    mapping=self.upload.mapping,
                )
            }
        }


def as_json(done: Imported) -> dict[str, Any]:
    """What became of a file, as a job keeps it."""
    return asdict(done)


def from_json(told: Mapping[str, Any]) -> Imported:
    """What `as_json` told."""
    return Imported(**{**told, "first": [ImportedLine(**line) for line in told["first"]]})


def check_file(act: Act, upload: Upload) -> Imported:
    """What importing a file would do: every gate and rule, nothing kept but the event of a refusal.

    Refusals: those of the import of its kind: VALIDATION_FAILED with `columns` (its header needs a mapping), `fields`
    (its mapping is wrong) or `lines`; PERMISSION_DENIED; PLAN_LIMIT_EXCEEDED; STATE_CONFLICT FREEZE_ACTIVE.
    """
    return KINDS[upload.kind].action.check(act, RecordFile(upload))


def import_file(act: Act, upload: Upload) -> Imported:
    """Import a file: all of it or nothing, and nothing of what exists already. Refusals: those of `check_file`."""
    return KINDS[upload.kind].action.submit(act, RecordFile(upload))
