"""What would let a request use a record that it may not use now: restore it, make it eligible, or archive its users."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import keys
from asora.kernel.looking import RowChanged
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason
from asora.kernel.repairs import MAX_NEEDS, Found, Need, NoRepair, Repair, repairs
from asora.kernel.shapes import StrOrPromise
from inventory.models import Bin, Category, Hub, Item, MasterRecord, Vendor

MANAGE = Permission.INVENTORY_MANAGE
KINDS: Mapping[Reason, tuple[type[MasterRecord], StrOrPromise]] = {
    Reason.CATEGORY_ARCHIVED: (Category, gettext_lazy("Restore category %(name)s.")),
    Reason.ITEM_ARCHIVED: (Item, gettext_lazy("Restore item %(name)s.")),
    Reason.BIN_ARCHIVED: (Bin, gettext_lazy("Restore bin %(name)s.")),
    Reason.HUB_ARCHIVED: (Hub, gettext_lazy("Restore hub %(name)s.")),
    Reason.VENDOR_ARCHIVED: (Vendor, gettext_lazy("Restore vendor %(name)s.")),
}
NAMES: Mapping[type[MasterRecord], StrOrPromise] = dict(KINDS.values())


@repairs(*KINDS)
def _restore(found: Found) -> Iterable[Need]:
    """Restore each archived record of this kind that the checks read. Looks drop those that need not be."""
    model, _text = KINDS[found.reason]
    rows: list[MasterRecord] = list(
        model._default_manager.filter(
            pk__in=found.ids(str(model._meta.model_name)), archived_at__isnull=False
        )
    )
    if found.reason is Reason.HUB_ARCHIVED:  # the checks may have read only its bins
        rows += Hub.objects.filter(bins__in=found.ids("bin"), archived_at__isnull=False).distinct()
    for row in dict.fromkeys(rows):
        yield [_restored(row)]


@repairs(Reason.ALREADY_ARCHIVED)
def _restore_first(found: Found) -> Iterable[Need]:
    """Restore the record that was to be changed."""
    records = [one for one in found.values.values() if isinstance(one, MasterRecord)]
    if found.action.endswith(".archive") or not records:
        raise NoRepair(_("It is archived already. Archiving it again cannot do anything."))
    for record in records:
        row = type(record)._default_manager.get(pk=record.pk)
        if row.is_archived:
            yield [_restored(row)]


@repairs(Reason.VENDOR_INELIGIBLE)
def _make_eligible(found: Found) -> Iterable[Need]:
    for vendor in Vendor.objects.filter(pk__in=found.ids("vendor"), eligible=False):
        yield [
            Repair(
                key=f"eligible:{vendor.pk}",
                text=_("Make vendor %(name)s eligible.") % {"name": vendor.code},
                by=(Permission.INVENTORY_VENDOR_ELIGIBILITY,),
                supposes=(RowChanged(Vendor, vendor.pk, {"eligible": True}),),
            )
        ]


@repairs(Reason.STILL_IN_USE)
def _archive_users(found: Found) -> Iterable[Need]:
    """Archive what uses the record, if that is only a few records."""
    users: list[MasterRecord] = []
    for record in found.values.values():
        if isinstance(record, Hub):
            users += record.bins.filter(archived_at=None)[: MAX_NEEDS + 1]
        if isinstance(record, Category):
            users += record.items.filter(archived_at=None)[: MAX_NEEDS + 1]
            users += record.children.filter(archived_at=None)[: MAX_NEEDS + 1]
    if len(users) > MAX_NEEDS:
        raise NoRepair(_("Many records use it. Move or archive them first."))
    for user in users:
        supposed = RowChanged(type(user), user.pk, {"archived_at": timezone.now()})
        text = _("Archive %(kind)s %(name)s.") % {"kind": user._meta.verbose_name, "name": _name(user)}
        yield [Repair(f"archive:{keys.of(user)}", text, (MANAGE,), (supposed,), hubs=_hubs(user))]


def _restored(row: MasterRecord) -> Repair:
    return Repair(
        key=f"restore:{keys.of(row)}",
        text=str(NAMES[type(row)]) % {"name": _name(row)},
        by=(MANAGE,),
        supposes=(RowChanged(type(row), row.pk, {"archived_at": None}),),
        hubs=_hubs(row),
    )


def _name(row: MasterRecord) -> str:
    return row.address if isinstance(row, Bin) else str(row)


def _hubs(row: MasterRecord) -> tuple[int, ...]:
    hub = keys.hub_of(row)
    return () if hub is None else (hub,)
