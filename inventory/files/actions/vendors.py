"""Importing vendors from a CSV file."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.csv.columns import Mapped
from asora.kernel.csv.reading import LineErrors, Table
from inventory import rules
from inventory.actions import records
from inventory.actions.vendors import CONSTRAINT_REFUSALS, MANAGE, require_decider
from inventory.files.actions import file_lines
from inventory.files.actions.file_lines import Imported
from inventory.models import Vendor
from inventory.queries import by_code


@action(
    "inventory.vendor.import",
    permission=MANAGE,
    ceiling="vendors",
    constraint_refusals=CONSTRAINT_REFUSALS,
    derive=file_lines.reader(required=("code", "name", "eligible"), optional=(file_lines.STATE,)),
    done=gettext_lazy("imported vendors"),
    tried=gettext_lazy("tried to import vendors"),
)
def import_vendors(
    act: Act, *, content: bytes, mapping: Mapped | None = None, derived: Table = BY_DERIVE
) -> Imported:
    """Add the vendors of a CSV file: code, name, eligible; optional state.

    Refusals: PERMISSION_DENIED (a new eligible vendor without the permission to decide it); VALIDATION_FAILED, with
    the rule of each refused line: DUPLICATE_ROW, ROW_DIFFERS, …; PLAN_LIMIT_EXCEEDED.
    """
    errors = LineErrors()
    lines = file_lines.ruled(
        derived,
        {
            "code": rules.code,
            "name": rules.name,
            "eligible": rules.eligible,
            file_lines.STATE: rules.archived,
        },
        errors=errors,
    )
    file_lines.refuse_twice(lines, "code", errors=errors)
    existing = by_code(Vendor.objects.all(), (line.written("code") for line in lines))
    file_lines.refuse_ambiguous(lines, "code", found=existing, errors=errors)
    new = []
    for line in lines:
        if vendor := existing.get(line.written("code")):
            known = {"name": vendor.name, "eligible": vendor.eligible, file_lines.STATE: vendor.is_archived}
            file_lines.differs(line, known, errors=errors)
        else:
            new.append(line)
    require_decider(act, eligible=any(line.get("eligible") for line in new))
    if errors:
        raise errors.refusal(total=len(derived.rows))
    act.adds(len(new))
    vendors = [
        Vendor(
            code=line.get("code"),
            name=line.get("name"),
            eligible=line.get("eligible"),
            archived_at=file_lines.archived_at(line),
        )
        for line in new
    ]
    Vendor.objects.bulk_create(vendors, batch_size=records.BATCH)
    act.touched(*keys.many("vendor", [vendor.pk for vendor in vendors]))
    return file_lines.record(act, derived, lines, new=new)
