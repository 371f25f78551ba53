"""Going the steps that reach into a tenant: the public event first, then the tenant's own action inside it.

Public and tenant rows are never written in one transaction. One at a time goes through an onboarding, so that two
operators at the same step find what the other one did; and whatever a crash leaves out can be done by going once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django_tenants.utils import tenant_context

from asora.kernel.act import Act
from asora.kernel.door import DoorForm
from asora.kernel.refusals import Refusal
from asora.onboarding import verification
from asora.onboarding.actions.steps import begin_seeding, record_checks, write_tenant_down
from inventory.actions.files import Imported
from inventory.views.imports import (
    BIN_FILES,
    CATEGORY_FILES,
    HUB_FILES,
    ITEM_FILES,
    VENDOR_FILES,
    FileKind,
)
from plans import locks, schemas
from plans.actions.tenants import open_tenant
from plans.models import Onboarding, Tenant

FILES: dict[str, FileKind] = {
    "categories": CATEGORY_FILES,
    "hubs": HUB_FILES,
    "bins": BIN_FILES,
    "vendors": VENDOR_FILES,
    "items": ITEM_FILES,
}
#: What an operator holds inside the tenant while seeding it, and nothing else.
SEEDING = ("inventory.manage", "inventory.operate_hub", "inventory.vendor_eligibility")


def create_tenant(act: Act, onboarding: Onboarding, form: DoorForm) -> Tenant:
    """Step 3: the row, the schema, its proof, and last the host name; goes on where an attempt stopped.

    Refusals: those of `write_tenant_down` and `open_tenant`. Raises SchemaError when the schema is not whole.
    """
    with _alone(onboarding):
        tenant = write_tenant_down.submit(act, form)
        schemas.make(tenant.schema_name)
        open_tenant(act, tenant=tenant)
    return tenant


def seed(act: Act, onboarding: Onboarding, step: str, form: DoorForm) -> Imported:
    """Steps 4 to 8: a file, all of it or nothing. Refusals: those of `begin_seeding`, and of the tenant's import."""
    with _alone(onboarding):
        row = begin_seeding.submit(act, form)
        content: bytes = form.values()["content"]  # type: ignore[attr-defined]
        with inside(act, row, *SEEDING) as inner:
            return FILES[step].action(inner, content=content)


def check_seed(act: Act, onboarding: Onboarding, step: str, *, content: bytes) -> Imported:
    """The dry run of `seed`: every gate and rule, and nothing left behind. Refusals: the same."""
    row = begin_seeding.rehearse(act, onboarding=onboarding, step=step, content=content)
    with inside(act, row, *SEEDING) as inner:
        return FILES[step].action.rehearse(inner, content=content)


def verify(act: Act, onboarding: Onboarding) -> Onboarding:
    """The four rehearsals, and what they found. Refusals: those of `record_checks`."""
    with _alone(onboarding):
        current = Onboarding.objects.select_related("tenant").get(pk=onboarding.pk)
        try:
            record_checks.rehearse(act, onboarding=current, checks=[])
        except Refusal:
            return record_checks(act, onboarding=current, checks=[])  # refused once more, for the trail
        with inside(act, current, *verification.PERMISSIONS) as inner:
            checks = verification.run(inner)
        return record_checks(act, onboarding=current, checks=[check.as_json() for check in checks])


@contextmanager
def inside(act: Act, onboarding: Onboarding, *permissions: str) -> Iterator[Act]:
    """In the tenant, as the same operator, whose deeds there name this request as their cause."""
    tenant = onboarding.tenant
    if tenant is None:
        raise RuntimeError("there is no tenant to be in; its step was not asked for")
    with tenant_context(tenant):
        yield replace(act.in_tenant(tenant, *permissions), cause_id=act.request_id)


@contextmanager
def _alone(onboarding: Onboarding) -> Iterator[None]:
    with locks.held("onboarding", onboarding.pk):
        yield
