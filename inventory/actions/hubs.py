"""Changes of hubs."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from inventory import rules
from inventory.actions import records
from inventory.models import Hub

MANAGE = Permission.INVENTORY_MANAGE
CONSTRAINT_REFUSALS = {"inventory_hub_code": records.code_taken}


@action(
    "inventory.hub.create",
    permission=MANAGE,
    ceiling="hubs",
    subject="code",
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("created hub {label}"),
    tried=gettext_lazy("tried to create hub {label}"),
)
def create_hub(act: Act, *, code: str, name: str) -> Hub:
    """Add a hub. Only people who work at all hubs may do this: others could not open the new hub.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED; VALIDATION_FAILED CODE_TAKEN, NAME_RESERVED; PLAN_LIMIT_EXCEEDED.
    """
    records.require_all_hubs(act)
    hub = Hub(
        code=records.obey(rules.code, code, field="code"), name=records.obey(rules.name, name, field="name")
    )
    if Hub.objects.filter(code_key=hub.code).exists():
        raise records.code_taken()
    hub.save()
    act.changed(hub, after={"code": hub.code, "name": hub.name, "version": 1})
    return hub


@action(
    "inventory.hub.edit",
    permission=MANAGE,
    subject="hub",
    hubs=lambda values: [values.get("hub")],
    done=gettext_lazy("edited hub {label}"),
    tried=gettext_lazy("tried to edit hub {label}"),
)
def edit_hub(act: Act, *, hub: Hub, version: int, name: str) -> Hub:
    """Rename a hub.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED; STATE_CONFLICT STALE_FORM, ALREADY_ARCHIVED.
    """
    row = records.opened(act, hub, version=version)
    records.save(act, row, records.differences(row, {"name": records.obey(rules.name, name, field="name")}))
    return row


@action(
    "inventory.hub.archive",
    permission=MANAGE,
    subject="hub",
    hubs=lambda values: [values.get("hub")],
    done=gettext_lazy("archived hub {label}"),
    tried=gettext_lazy("tried to archive hub {label}"),
)
def archive_hub(act: Act, *, hub: Hub) -> Hub:
    """Archive a hub. All its bins must be archived already.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED; STATE_CONFLICT ALREADY_ARCHIVED; VALIDATION_FAILED STILL_IN_USE.
    """
    act.reads(f"bin:*:{hub.pk}")
    row = records.locked(hub)
    records.require_not_archived(act, row)
    records.require_unused(row, by={_("bins"): row.bins.filter(archived_at=None).count()})
    records.archive(act, row)
    return row


@action(
    "inventory.hub.restore",
    permission=MANAGE,
    subject="hub",
    hubs=lambda values: [values.get("hub")],
    done=gettext_lazy("restored hub {label}"),
    tried=gettext_lazy("tried to restore hub {label}"),
)
def restore_hub(act: Act, *, hub: Hub) -> Hub:
    """Restore an archived hub. Its bins stay archived; they are restored one by one.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED; STATE_CONFLICT NOT_ARCHIVED.
    """
    row = records.locked(hub)
    records.restore(act, row)
    return row
