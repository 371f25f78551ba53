"""Importing bins from a CSV file."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.csv.columns import Mapped
from asora.kernel.csv.reading import LineErrors, Table
from asora.kernel.refusals import Reason
from inventory import rules
from inventory.actions import records
from inventory.actions.bins import CONSTRAINT_REFUSALS, MANAGE
from inventory.files.actions import file_lines
from inventory.files.actions.file_lines import Imported, Line
from inventory.models import Bin, Hub
from inventory.queries import Found, bins_by_address, by_code


@action(
    "inventory.bin.import",
    permission=MANAGE,
    ceiling="bins",
    constraint_refusals=CONSTRAINT_REFUSALS,
    derive=file_lines.reader(required=("hub_code", "code"), optional=("name", file_lines.STATE)),
    done=gettext_lazy("imported bins"),
    tried=gettext_lazy("tried to import bins"),
)
def import_bins(
    act: Act, *, content: bytes, mapping: Mapped | None = None, derived: Table = BY_DERIVE
) -> Imported:
    """Add the bins of a CSV file: hub_code, code; optional name, state.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED (one hub that is not granted refuses the whole file);
    VALIDATION_FAILED, with the rule of each refused line: UNKNOWN_PARENT, HUB_ARCHIVED, DUPLICATE_ROW, ROW_DIFFERS, …;
    PLAN_LIMIT_EXCEEDED.
    """
    errors = LineErrors()
    lines = file_lines.ruled(
        derived,
        {
            "hub_code": rules.address_part,
            "code": rules.address_part,
            "name": rules.bin_name,
            file_lines.STATE: rules.archived,
        },
        errors=errors,
    )
    hubs = _permitted(act, lines)
    file_lines.refuse_twice(lines, "hub_code", "code", errors=errors)
    existing = bins_by_address(line.written("hub_code", "code") for line in lines)
    file_lines.refuse_ambiguous(lines, "hub_code", "code", found=existing, errors=errors)
    new: list[Line] = []
    for line in lines:
        if place := existing.get(line.written("hub_code", "code")):
            file_lines.differs(line, {"name": place.name, file_lines.STATE: place.is_archived}, errors=errors)
        else:
            _check_new(line, hubs=hubs, errors=errors)
            new.append(line)
    if errors:
        raise errors.refusal(total=len(derived.rows))
    act.adds(len(new))
    places = [
        Bin(
            hub=hubs.get(line.written("hub_code")),
            code=line.get("code"),
            name=line.get("name") or "",
            archived_at=file_lines.archived_at(line),
        )
        for line in new
    ]
    Bin.objects.bulk_create(places, batch_size=records.BATCH)
    act.touched(*keys.bins([place.pk for place in places], {place.pk: place.hub_id for place in places}))
    return file_lines.record(act, derived, lines, new=new, key=("hub_code", "code"))


def _permitted(act: Act, lines: list[Line]) -> Found[Hub]:
    """Lock and return the hubs named in the file. Refuses if one of them is not granted."""
    written = {line.written("hub_code") for line in lines}
    hubs = by_code(Hub.objects.select_for_update().order_by("pk"), written)
    records.require_hubs(act, filter(None, map(hubs.get, written)))
    return hubs


def _check_new(line: Line, *, hubs: Found[Hub], errors: LineErrors) -> None:
    try:
        rules.bin_code(line.get("code") or "")
    except rules.RuleBroken as broken:
        if line.key("code"):  # otherwise the shape of the code was already refused
            errors.add(line.number, "code", broken.reason, broken.message)
    hub = hubs.get(line.written("hub_code"))
    if hub is None and line.key("hub_code"):
        message = _("No hub has this code.")
        file_lines.misses(line, "hub_code", hubs, message, reason=Reason.UNKNOWN_PARENT, errors=errors)
    elif hub is not None and hub.is_archived and not line.get(file_lines.STATE):
        errors.add(line.number, "hub_code", Reason.HUB_ARCHIVED, _("This hub is archived."))
