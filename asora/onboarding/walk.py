"""Going the steps that reach into a tenant: the public event first, then the tenant's own action inside it.

Public and tenant rows are never written in one transaction. One at a time goes through an onboarding, so that two
operators at the same step find what the other one did; and whatever a crash leaves out can be done by going once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from asora.accounts.actions.invitations import invite, renew_invitation, withdraw_invitation
from asora.accounts.mail import send_invitation
from asora.accounts.roles import MANAGE_STAFF
from asora.kernel import locks
from asora.kernel.act import Act
from asora.kernel.door import DoorForm
from asora.kernel.refusals import Reason, Refusal, StateConflict
from asora.onboarding import verification
from asora.onboarding.actions.steps import announce_owner, begin_seeding, record_checks, write_tenant_down
from asora.onboarding.forms import OwnerForm
from asora.onboarding.queries import OWNER, open_invitations
from inventory.actions.files import Imported
from inventory.importing_files import KINDS
from plans import schemas
from plans.actions.tenants import open_tenant
from plans.models import Onboarding, Tenant

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
            return KINDS[step].action(inner, content=content)


def check_seed(act: Act, onboarding: Onboarding, step: str, *, content: bytes) -> Imported:
    """The dry run of `seed`: every gate and rule, and nothing left behind. Refusals: the same."""
    row = begin_seeding.rehearse(act, onboarding=onboarding, step=step, content=content)
    with inside(act, row, *SEEDING) as inner:
        return KINDS[step].action.rehearse(inner, content=content)


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


def invite_owner(
    act: Act, onboarding: Onboarding, form: OwnerForm, *, request: HttpRequest | None = None
) -> bool:
    """Ask the first owner to come; an invitation that waits for another address is taken back. Whether the mail left.

    Refusals: those of `announce_owner` and of `invite`.
    """
    with _alone(onboarding):
        row = announce_owner.submit(act, form)
        with inside(act, row, MANAGE_STAFF) as inner:
            for waiting in open_invitations():
                withdraw_invitation(inner, invitation=waiting)
            invitation = invite(inner, **form.person(), role=OWNER)
            return send_invitation(inner.tenant, invitation, request=request)


def send_owner_link(act: Act, onboarding: Onboarding, *, request: HttpRequest | None = None) -> bool:
    """A new link for the owner who was asked to come; the one before it is worthless. Whether the mail left.

    Refusals: those of `announce_owner`; STATE_CONFLICT NOT_ACTIVE when nobody is being waited for.
    """
    with _alone(onboarding):
        row = announce_owner(act, onboarding=onboarding)
        with inside(act, row, MANAGE_STAFF) as inner:
            waiting = open_invitations().first()
            if waiting is None:
                raise StateConflict(_("No owner is being waited for."), reason=Reason.NOT_ACTIVE)
            invitation = renew_invitation(inner, invitation=waiting)
            return send_invitation(inner.tenant, invitation, request=request)


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
