"""Changes of bins. All of it is work at a hub, so hub grants apply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.csv.columns import Mapped
from asora.kernel.csv.reading import LineErrors, read_table
from asora.kernel.door import action
from asora.kernel.refusals import Reason
from inventory import rules
from inventory.actions import files, records
from inventory.actions.files import Imported, Line
from inventory.models import Bin, Hub
from inventory.queries import Found, bins_by_address, by_code

MANAGE = "inventory.manage"
NETS = {"inventory_bin_code": records.code_taken}


def _hub_of_bin(values: Mapping[str, Any]) -> list[Hub]:
    return [values["bin"].hub] if "bin" in values else []


@action(
    "inventory.bin.create",
    permission=MANAGE,
    ceiling="bins",
    about="code",
    nets=NETS,
    hubs=lambda values: [values.get("hub")],
)
def create_bin(act: Act, *, hub: Hub, code: str, name: str = "") -> Bin:
    """Add a bin to a hub; its code is unique there, and its name may stay empty.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED; VALIDATION_FAILED CODE_TAKEN, HUB_ARCHIVED; PLAN_LIMIT_EXCEEDED.
    """
    act.reads(hub)
    place = Bin(
        hub=records.locked(hub),
        code=records.obey(rules.bin_code, code, field="code"),
        name=records.obey(rules.bin_name, name, field="name"),
    )
    records.require_live(place.hub, field="hub", reason=Reason.HUB_ARCHIVED)
    if Bin.objects.filter(hub=place.hub, code_key=place.code).exists():
        raise records.code_taken()
    place.save()
    act.changed(place, after={"hub": place.hub.code, "code": place.code, "name": place.name, "version": 1})
    return place


@action("inventory.bin.edit", permission=MANAGE, about="bin", hubs=_hub_of_bin)
def edit_bin(act: Act, *, bin: Bin, version: int, name: str) -> Bin:  # noqa: A002 (the field's own word)
    """Rename a bin.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED; STATE_CONFLICT STALE_FORM, ALREADY_ARCHIVED.
    """
    row = records.opened(act, bin, version=version)
    records.save(
        act, row, records.differences(row, {"name": records.obey(rules.bin_name, name, field="name")})
    )
    return row


@action("inventory.bin.archive", permission=MANAGE, about="bin", hubs=_hub_of_bin)
def archive_bin(act: Act, *, bin: Bin) -> Bin:  # noqa: A002 (the field's own word)
    """Let nothing more come into a bin; what is in it can still go out (ledger.md, "Rules").

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED; STATE_CONFLICT ALREADY_ARCHIVED.
    """
    row = records.locked(bin)
    records.archive(act, row)
    return row


@action("inventory.bin.restore", permission=MANAGE, about="bin", hubs=_hub_of_bin)
def restore_bin(act: Act, *, bin: Bin) -> Bin:  # noqa: A002 (the field's own word)
    """Open an archived bin again.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED; STATE_CONFLICT NOT_ARCHIVED; VALIDATION_FAILED HUB_ARCHIVED.
    """
    act.reads(bin.hub)
    hub = records.locked(bin.hub)
    row = records.locked(bin)
    records.restore(act, row)
    records.require_live(hub, field="hub", reason=Reason.HUB_ARCHIVED)
    return row


@action("inventory.bin.import", permission=MANAGE, ceiling="bins", nets=NETS)
def import_bins(act: Act, *, content: bytes, mapping: Mapped | None = None) -> Imported:
    """Add the bins of a CSV file: hub_code, code and, if there is such a column, name.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED (one hub that is not granted refuses the file); VALIDATION_FAILED,
    every refused line with its rule: UNKNOWN_PARENT, HUB_ARCHIVED, DUPLICATE_ROW, ROW_DIFFERS, …;
    PLAN_LIMIT_EXCEEDED.
    """
    table = read_table(content, required=("hub_code", "code"), optional=("name",), mapping=mapping)
    errors = LineErrors()
    lines = files.ruled(
        table,
        {"hub_code": rules.address_part, "code": rules.address_part, "name": rules.bin_name},
        errors=errors,
    )
    hubs = _permitted(act, lines)
    files.refuse_twice(lines, "hub_code", "code", errors=errors)
    existing = bins_by_address(line.written("hub_code", "code") for line in lines)
    files.refuse_ambiguous(lines, "hub_code", "code", found=existing, errors=errors)
    new: list[Line] = []
    for line in lines:
        if place := existing.get(line.written("hub_code", "code")):
            files.differs(line, {"name": place.name}, errors=errors)
        else:
            _judge_new(line, hubs=hubs, errors=errors)
            new.append(line)
    if errors:
        raise errors.refusal(total=len(table.rows))
    places = [
        Bin(hub=hubs.get(line.written("hub_code")), code=line.get("code"), name=line.get("name") or "")
        for line in new
    ]
    Bin.objects.bulk_create(places, batch_size=records.BATCH)
    act.touched(*keys.bins([place.pk for place in places], {place.pk: place.hub_id for place in places}))
    return files.record(act, table, lines, new=new, key=("hub_code", "code"))


def _permitted(act: Act, lines: list[Line]) -> Found[Hub]:
    """The hubs that the file names, locked; refuses when one of them is not granted."""
    written = {line.written("hub_code") for line in lines}
    hubs = by_code(Hub.objects.select_for_update().order_by("pk"), written)
    records.require_hubs(act, filter(None, map(hubs.get, written)))
    return hubs


def _judge_new(line: Line, *, hubs: Found[Hub], errors: LineErrors) -> None:
    try:
        rules.bin_code(line.get("code") or "")
    except rules.RuleBroken as broken:
        if line.key("code"):  # else it was said already
            errors.add(line.number, "code", broken.reason, broken.message)
    hub = hubs.get(line.written("hub_code"))
    if hub is None and line.key("hub_code"):
        message = _("There is no such hub.")
        files.misses(line, "hub_code", hubs, message, reason=Reason.UNKNOWN_PARENT, errors=errors)
    elif hub is not None and hub.is_archived:
        errors.add(line.number, "hub_code", Reason.HUB_ARCHIVED, _("This hub is archived."))
