"""Pages of vendors."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.pages import AsoraRequest, load, page
from asora.kernel.permissions import Permission
from inventory.actions.vendors import (
    archive_vendor,
    create_vendor,
    edit_vendor,
    restore_vendor,
    set_vendor_eligibility,
)
from inventory.forms import EligibilityForm, VendorForm
from inventory.models import Vendor
from inventory.queries import at_address
from inventory.views import listings
from inventory.views.changes import done, form_page
from inventory.views.records import MANAGE, Noun, record_list, record_page

VIEW, DECIDE = Permission.INVENTORY_VIEW, Permission.INVENTORY_VENDOR_ELIGIBILITY

VENDOR = Noun(
    name="vendor",
    listing=listings.VENDORS,
    icon="truck",
    title=gettext_lazy("Vendors"),
    new=gettext_lazy("New vendor"),
    create=gettext_lazy("Create vendor"),
    none_yet=gettext_lazy("No vendors yet"),
    explanation=gettext_lazy(
        "A vendor delivers stock to you. You can receive deliveries only from vendors that are eligible."
    ),
)


def vendor_url(vendor: Vendor) -> str:
    """The URL of a vendor's page."""
    return reverse("inventory:vendor-detail", args=[vendor.code])


def _load(request: AsoraRequest, code: str, permission: Permission) -> Vendor:
    return load(request, at_address(Vendor.objects.all(), code=code), permission=permission)


@page(permission=VIEW)
def vendor_list(request: AsoraRequest) -> HttpResponseBase:
    """All vendors, filtered by text, eligibility and state."""
    return record_list(request, VENDOR, manages=request.act.actor.may(MANAGE))


@page(permission=VIEW)
def vendor_detail(request: AsoraRequest, code: str) -> HttpResponse:
    """A vendor and its eligibility."""
    vendor = _load(request, code, VIEW)
    return record_page(
        request,
        VENDOR,
        vendor,
        vendor.code,
        context={
            "decides": request.act.actor.may(DECIDE),
        },
    )


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.vendor.create")
def vendor_create(request: AsoraRequest) -> HttpResponse:
    """Create a vendor."""
    return form_page(
        request,
        form=VendorForm,
        action=create_vendor,
        noun=VENDOR,
        url=vendor_url,
    )


@page(permission=MANAGE, methods=["GET", "POST"], tries="inventory.vendor.edit")
def vendor_edit(request: AsoraRequest, code: str) -> HttpResponse:
    """Rename a vendor."""
    vendor = _load(request, code, MANAGE)
    return form_page(
        request,
        form=VendorForm,
        action=edit_vendor,
        noun=VENDOR,
        url=vendor_url,
        record=vendor,
    )


@page(permission=DECIDE, methods=["POST"], tries="inventory.vendor.eligibility")
def vendor_eligibility(request: AsoraRequest, code: str) -> HttpResponse:
    """Make a vendor eligible or not eligible."""
    form = EligibilityForm(request.POST, act=request.act, record=_load(request, code, DECIDE))
    vendor = set_vendor_eligibility.submit(request.act, form)
    message = _("%(record)s is eligible: its deliveries may be received.")
    if not vendor.eligible:
        message = _("%(record)s is not eligible: its deliveries are refused.")
    return done(request, message % {"record": vendor}, vendor_url(vendor))


@page(permission=MANAGE, methods=["POST"], tries="inventory.vendor.archive")
def vendor_archive(request: AsoraRequest, code: str) -> HttpResponse:
    """Archive a vendor."""
    vendor = archive_vendor(request.act, vendor=_load(request, code, MANAGE))
    return done(request, _("%(record)s was archived.") % {"record": vendor}, vendor_url(vendor))


@page(permission=MANAGE, methods=["POST"], tries="inventory.vendor.restore")
def vendor_restore(request: AsoraRequest, code: str) -> HttpResponse:
    """Restore a vendor."""
    vendor = restore_vendor(request.act, vendor=_load(request, code, MANAGE))
    return done(request, _("%(record)s was restored.") % {"record": vendor}, vendor_url(vendor))
