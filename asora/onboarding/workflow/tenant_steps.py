"""The steps that write inside a tenant: first the public event, then the tenant's own action.

Public and tenant rows are never written in one transaction. A lock allows one request per onboarding at a time, so that
two operators at the same step see each other's changes. After a crash the step can be repeated to complete it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest
from django.utils.translation import gettext as _

from asora.accounts.people.actions.invitations import invite, renew_invitation, withdraw_invitation
from asora.accounts.people.mail import send_invitation
from asora.accounts.roles.table import MANAGE_STAFF
from asora.kernel import locks
from asora.kernel.act import Act
from asora.kernel.forms import DoorForm
from asora.kernel.reach import OPERATE_HUB
from asora.kernel.refusals import Reason, Refusal, StateConflict
from asora.onboarding.actions.seeding import SEEDING, Seeding, in_tenant, with_line_errors
from asora.onboarding.actions.steps import announce_owner, begin_seeding, record_checks, write_tenant_down
from asora.onboarding.forms import OwnerForm
from asora.onboarding.queries import OWNER, open_invitations
from asora.onboarding.seed_form import SeedForm
from asora.onboarding.workflow import verification
from inventory.files.actions.file_lines import Imported
from inventory.files.kinds import KINDS
from plans import schemas
from plans.actions.tenants import open_tenant
from plans.models import Onboarding, Tenant


def create_tenant(act: Act, onboarding: Onboarding, form: DoorForm) -> Tenant:
    """Step 3: the row, the schema, the check of it, and last the host name. Continues where an attempt stopped.

    Refusals: those of `write_tenant_down` and `open_tenant`. Raises SchemaError when the schema is incomplete.
    """
    with _one_request_at_a_time(onboarding):
        tenant = write_tenant_down.submit(act, form)
        schemas.make(tenant.schema_name)
        open_tenant(act, tenant=tenant)
    return tenant


def seed(act: Act, onboarding: Onboarding, step: str, form: SeedForm) -> Imported:
    """Steps 4 to 8: import a file completely or not at all. Both audit trails record it.

    Refusals: those of `begin_seeding`, and of the tenant's import.
    """
    with _one_request_at_a_time(onboarding):
        with with_line_errors():
            row, _imported = begin_seeding.submit(act, Seeding(onboarding, step, form))
        content: bytes = form.values()["content"]
        with in_tenant(act, row, *SEEDING) as inner:
            try:
                imported: Imported = KINDS[step].action(inner, content=content)
                return imported
            except Refusal as caught:
                late = caught  # accepted a moment ago; since then the tenant was frozen, or its plan changed
        with with_line_errors():
            begin_seeding.submit(act, Seeding(onboarding, step, form, late=late))
        raise late


def check_seed(act: Act, onboarding: Onboarding, step: str, form: SeedForm) -> Imported:
    """Rehearse `seed`: every gate and rule runs, and only the events of a refusal are stored. Refusals: the same."""
    with with_line_errors():
        _row, imported = begin_seeding.check(act, Seeding(onboarding, step, form))
    return imported


def verify(act: Act, onboarding: Onboarding) -> Onboarding:
    """Run the four checks and store their results. Refusals: those of `record_checks`."""
    with _one_request_at_a_time(onboarding):
        current = Onboarding.objects.select_related("tenant").get(pk=onboarding.pk)
        try:
            record_checks.rehearse(act, onboarding=current, checks=[])
        except Refusal:
            return record_checks(act, onboarding=current, checks=[])  # refused again, to record the refusal
        with in_tenant(act, current, *verification.PERMISSIONS) as inner:
            checks = verification.run(inner)
        return record_checks(act, onboarding=current, checks=[check.as_json() for check in checks])


def invite_owner(
    act: Act, onboarding: Onboarding, form: OwnerForm, *, request: HttpRequest | None = None
) -> bool:
    """Invite the first owner; an open invitation of another address is withdrawn.

    Returns True if the mail server accepted the message.
    Refusals: those of `announce_owner` and of `invite`.
    """
    with _one_request_at_a_time(onboarding):
        row = announce_owner.submit(act, form)
        with in_tenant(act, row, MANAGE_STAFF, OPERATE_HUB) as inner:
            for waiting in open_invitations():
                withdraw_invitation(inner, invitation=waiting)
            invitation = invite(inner, **form.person(), role=OWNER)
            return send_invitation(inner.tenant, invitation, request=request)


def send_owner_link(act: Act, onboarding: Onboarding, *, request: HttpRequest | None = None) -> bool:
    """Send a new link to the invited owner; the earlier link becomes invalid.

    Returns True if the mail server accepted the message. Refusals: those of `announce_owner`; STATE_CONFLICT NOT_ACTIVE
    when there is no open invitation.
    """
    with _one_request_at_a_time(onboarding):
        row = announce_owner(act, onboarding=onboarding)
        with in_tenant(act, row, MANAGE_STAFF, OPERATE_HUB) as inner:
            waiting = open_invitations().first()
            if waiting is None:
                raise StateConflict(
                    _("There is no open invitation for an owner. Invite the owner first."),
                    reason=Reason.NOT_ACTIVE,
                )
            invitation = renew_invitation(inner, invitation=waiting)
            return send_invitation(inner.tenant, invitation, request=request)


@contextmanager
def _one_request_at_a_time(onboarding: Onboarding) -> Iterator[None]:
    with locks.advisory_lock("onboarding", onboarding.pk):
        yield
