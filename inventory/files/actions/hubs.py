"""Importing hubs from a CSV file."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.csv.columns import Mapped
from asora.kernel.csv.reading import LineErrors, Table
from inventory import rules
from inventory.actions import records
from inventory.actions.hubs import CONSTRAINT_REFUSALS, MANAGE
from inventory.files.actions import file_lines
from inventory.files.actions.file_lines import Imported
from inventory.models import Hub
from inventory.queries import by_code


@action(
    "inventory.hub.import",
    permission=MANAGE,
    ceiling="hubs",
    constraint_refusals=CONSTRAINT_REFUSALS,
    derive=file_lines.reader(required=("code", "name"), optional=(file_lines.STATE,)),
    done=gettext_lazy("imported hubs"),
    tried=gettext_lazy("tried to import hubs"),
)
def import_hubs(
    act: Act, *, content: bytes, mapping: Mapped | None = None, derived: Table = BY_DERIVE
) -> Imported:
    """Add the hubs of a CSV file: code, name; optional state.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED; VALIDATION_FAILED, with the rule of each refused line: DUPLICATE_ROW,
    ROW_DIFFERS, …; PLAN_LIMIT_EXCEEDED.
    """
    records.require_all_hubs(act)
    errors = LineErrors()
    lines = file_lines.ruled(
        derived, {"code": rules.code, "name": rules.name, file_lines.STATE: rules.archived}, errors=errors
    )
    file_lines.refuse_twice(lines, "code", errors=errors)
    existing = by_code(Hub.objects.all(), (line.written("code") for line in lines))
    file_lines.refuse_ambiguous(lines, "code", found=existing, errors=errors)
    new = []
    for line in lines:
        if hub := existing.get(line.written("code")):
            file_lines.differs(line, {"name": hub.name, file_lines.STATE: hub.is_archived}, errors=errors)
        else:
            new.append(line)
    if errors:
        raise errors.refusal(total=len(derived.rows))
    act.adds(len(new))
    hubs = [
        Hub(code=line.get("code"), name=line.get("name"), archived_at=file_lines.archived_at(line))
        for line in new
    ]
    Hub.objects.bulk_create(hubs, batch_size=records.BATCH)
    act.at_hubs(*hubs)
    act.touched(*keys.many("hub", [hub.pk for hub in hubs]))
    return file_lines.record(act, derived, lines, new=new)
