"""A small action for tests; each of its gates can be closed on demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.db import connection
from django.utils import timezone
from django_tenants.utils import get_tenant_model, tenant_context

from asora.kernel import locks
from asora.kernel.act import Act, new_act
from asora.kernel.actors import anonymous
from asora.kernel.door import Action
from asora.kernel.forms import ActionForm
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from inventory.models import Hub, Vendor
from plans.models import Tenant, TenantFreeze

FREE_VENDORS = 10


class VendorForm(ActionForm):
    """The shape of the test action's input."""

    code = forms.CharField(max_length=40)
    hub = forms.CharField(required=False)

    def values(self) -> dict[str, Any]:
        """What the door gets: the hub as a record."""
        cleaned = getattr(self, "cleaned_data", {})
        hub = Hub.objects.filter(code=cleaned.get("hub") or "").first()
        return {"code": cleaned.get("code", ""), "hub": hub}


def taken() -> ValidationFailed:
    """What the constraint on codes means."""
    return ValidationFailed.at_field("code", "This code is taken.", reason=Reason.CODE_TAKEN)


def create(act: Act, *, code: str, hub: Hub | None = None, name: str = "") -> Vendor:
    """Refuse in the way that the first letters of the code ask for; otherwise add a vendor."""
    if code.startswith("BAD"):
        raise ValidationFailed.at_field("code", "That is no code.", reason=Reason.INVALID_INPUT)
    if code.startswith("STALE"):
        raise StateConflict("Somebody was faster.", reason=Reason.STALE_FORM)
    vendor = Vendor(code=code, name=name or code)
    vendor.save()
    act.changed(vendor, after={"code": code})
    return vendor


def door(body: Callable[..., Any] = create, **options: Any) -> Action[..., Any]:
    """An action that is in no registry."""
    given = {"permission": "inventory.manage", "ceiling": "vendors", "subject": "code"} | options
    return Action(
        body,
        name="inventory.vendor.create",
        hubs=lambda values: [values.get("hub")],
        constraint_refusals={"inventory_vendor_code": taken},
        **given,
    )


def freeze(tenant: Tenant, *, reason: str = "drill") -> None:
    """As an operator's toggle will do it: the exclusive form of the lock that writers share."""
    with tenant_context(get_tenant_model().objects.get(schema_name="public")), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [locks.key("freeze", tenant.schema_name)])
        TenantFreeze.objects.create(tenant=tenant, reason=reason, frozen_by="u-operator")


def fill(count: int = FREE_VENDORS) -> None:
    """Use the free plan's vendors up, some of them archived: those count too."""
    Vendor.objects.bulk_create(
        Vendor(code=f"F{number}", name="full", archived_at=timezone.now() if number % 2 else None)
        for number in range(count)
    )


def nobody(tenant: Tenant) -> Act:
    """An act without a person."""
    return new_act(tenant, anonymous(tenant.schema_name), route="POST /tests/")
