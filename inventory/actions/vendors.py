"""Changes of vendors. Eligibility is a separate decision with its own permission."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.gates import lacking
from asora.kernel.permissions import Permission
from inventory import rules
from inventory.actions import records
from inventory.models import Vendor

MANAGE = Permission.INVENTORY_MANAGE
DECIDE = Permission.INVENTORY_VENDOR_ELIGIBILITY
CONSTRAINT_REFUSALS = {"inventory_vendor_code": records.code_taken}


@action(
    "inventory.vendor.create",
    permission=MANAGE,
    ceiling="vendors",
    subject="code",
    constraint_refusals=CONSTRAINT_REFUSALS,
    done=gettext_lazy("created vendor {label}"),
    tried=gettext_lazy("tried to create vendor {label}"),
)
def create_vendor(act: Act, *, code: str, name: str, eligible: bool | None = None) -> Vendor:
    """Add a vendor. `eligible=None`: eligible if this actor may decide that, otherwise not eligible.

    Refusals: PERMISSION_DENIED (eligible=True without the permission to decide it); VALIDATION_FAILED CODE_TAKEN,
    NAME_RESERVED; PLAN_LIMIT_EXCEEDED.
    """
    if eligible is None:
        eligible = act.actor.may(DECIDE)
    require_decider(act, eligible=eligible)
    vendor = Vendor(
        code=records.obey(rules.code, code, field="code"),
        name=records.obey(rules.name, name, field="name"),
        eligible=eligible,
    )
    if Vendor.objects.filter(code_key=vendor.code).exists():
        raise records.code_taken()
    vendor.save()
    act.changed(
        vendor, after={"code": vendor.code, "name": vendor.name, "eligible": vendor.eligible, "version": 1}
    )
    return vendor


@action(
    "inventory.vendor.edit",
    permission=MANAGE,
    subject="vendor",
    done=gettext_lazy("edited vendor {label}"),
    tried=gettext_lazy("tried to edit vendor {label}"),
)
def edit_vendor(act: Act, *, vendor: Vendor, version: int, name: str) -> Vendor:
    """Rename a vendor.

    Refusals: STATE_CONFLICT STALE_FORM, ALREADY_ARCHIVED.
    """
    row = records.opened(act, vendor, version=version)
    records.save(act, row, records.differences(row, {"name": records.obey(rules.name, name, field="name")}))
    return row


@action(
    "inventory.vendor.eligibility",
    permission=DECIDE,
    subject="vendor",
    done=gettext_lazy("changed the eligibility of vendor {label}"),
    tried=gettext_lazy("tried to change the eligibility of vendor {label}"),
)
def set_vendor_eligibility(act: Act, *, vendor: Vendor, version: int, eligible: bool) -> Vendor:
    """Decide whether deliveries of a vendor may be received: receiving from an ineligible vendor is refused.

    Refusals: STATE_CONFLICT STALE_FORM, ALREADY_ARCHIVED.
    """
    row = records.opened(act, vendor, version=version)
    records.save(act, row, records.differences(row, {"eligible": eligible}))
    return row


@action(
    "inventory.vendor.archive",
    permission=MANAGE,
    subject="vendor",
    done=gettext_lazy("archived vendor {label}"),
    tried=gettext_lazy("tried to archive vendor {label}"),
)
def archive_vendor(act: Act, *, vendor: Vendor) -> Vendor:
    """Archive a vendor: its deliveries can no longer be received; earlier receipts do not change.

    Refusals: STATE_CONFLICT ALREADY_ARCHIVED.
    """
    row = records.locked(vendor)
    records.archive(act, row)
    return row


@action(
    "inventory.vendor.restore",
    permission=MANAGE,
    subject="vendor",
    done=gettext_lazy("restored vendor {label}"),
    tried=gettext_lazy("tried to restore vendor {label}"),
)
def restore_vendor(act: Act, *, vendor: Vendor) -> Vendor:
    """Restore an archived vendor. Its eligibility does not change.

    Refusals: STATE_CONFLICT NOT_ARCHIVED.
    """
    row = records.locked(vendor)
    records.restore(act, row)
    return row


def require_decider(act: Act, *, eligible: bool) -> None:
    """Refuse to make a vendor eligible without the permission. A vendor that is not eligible needs no decision."""
    if eligible and not act.actor.may(DECIDE):
        raise lacking(act, DECIDE)
