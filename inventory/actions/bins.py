"""Changes of bins. Every one is work at a hub, so hub grants apply."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason
from asora.kernel.shapes import ReadOnlyValues
from inventory import rules
from inventory.actions import records
from inventory.models import Bin, Hub

MANAGE = Permission.INVENTORY_MANAGE
CONSTRAINT_REFUSALS = {"inventory_bin_code": records.code_taken}


def _hub_of_bin(values: ReadOnlyValues) -> list[Hub]:
    return [values["bin"].hub] if "bin" in values else []


@action(
    "inventory.bin.create",
    permission=MANAGE,
    ceiling="bins",
    subject="code",
    constraint_refusals=CONSTRAINT_REFUSALS,
    hubs=lambda values: [values.get("hub")],
    done=gettext_lazy("created bin {label}"),
    tried=gettext_lazy("tried to create bin {label}"),
)
def create_bin(act: Act, *, hub: Hub, code: str, name: str = "") -> Bin:
    """Add a bin to a hub. The code is unique in the hub; the name may be empty.

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


@action(
    "inventory.bin.edit",
    permission=MANAGE,
    subject="bin",
    hubs=_hub_of_bin,
    done=gettext_lazy("edited bin {label}"),
    tried=gettext_lazy("tried to edit bin {label}"),
)
def edit_bin(act: Act, *, bin: Bin, version: int, name: str) -> Bin:  # noqa: A002 (the field's own word)
    """Rename a bin.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED; STATE_CONFLICT STALE_FORM, ALREADY_ARCHIVED.
    """
    row = records.opened(act, bin, version=version)
    records.save(
        act, row, records.differences(row, {"name": records.obey(rules.bin_name, name, field="name")})
    )
    return row


@action(
    "inventory.bin.archive",
    permission=MANAGE,
    subject="bin",
    hubs=_hub_of_bin,
    done=gettext_lazy("archived bin {label}"),
    tried=gettext_lazy("tried to archive bin {label}"),
)
def archive_bin(act: Act, *, bin: Bin) -> Bin:  # noqa: A002 (the field's own word)
    """Archive a bin: no more stock can come in; stock already in it can still go out.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED; STATE_CONFLICT ALREADY_ARCHIVED.
    """
    row = records.locked(bin)
    records.archive(act, row)
    return row


@action(
    "inventory.bin.restore",
    permission=MANAGE,
    subject="bin",
    hubs=_hub_of_bin,
    done=gettext_lazy("restored bin {label}"),
    tried=gettext_lazy("tried to restore bin {label}"),
)
def restore_bin(act: Act, *, bin: Bin) -> Bin:  # noqa: A002 (the field's own word)
    """Restore an archived bin.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED; STATE_CONFLICT NOT_ARCHIVED; VALIDATION_FAILED HUB_ARCHIVED.
    """
    act.reads(bin.hub)
    hub = records.locked(bin.hub)
    row = records.locked(bin)
    records.require_archived(act, row)
    records.require_live(hub, field="hub", reason=Reason.HUB_ARCHIVED)
    records.restore(act, row)
    return row
