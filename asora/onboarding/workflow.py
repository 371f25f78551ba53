"""The steps that write inside a tenant: first the public event, then the tenant's own action.

Public and tenant rows are never written in one transaction. A lock allows one request per onboarding at a time, so that
two operators at the same step see each other's changes. After a crash the step can be repeated to complete it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from asora.accounts.people.actions.invitations import invite, renew_invitation, withdraw_invitation
from asora.accounts.people.mail import send_invitation
from asora.accounts.roles.table import MANAGE_STAFF
from asora.kernel import locks
from asora.kernel.act import Act
from asora.kernel.door import DoorForm
from asora.kernel.evidence import keys_in
from asora.kernel.gates import invalid_form
from asora.kernel.reach import OPERATE_HUB
from asora.kernel.refusals import Reason, Refusal, StateConflict
from asora.onboarding import rules, verification
from asora.onboarding.actions import gates
from asora.onboarding.actions.steps import announce_owner, begin_seeding, record_checks, write_tenant_down
from asora.onboarding.forms import OwnerForm
from asora.onboarding.queries import OWNER, open_invitations
from asora.onboarding.seed_form import SeedForm
from inventory.files.actions.file_lines import Imported
from inventory.files.kinds import KINDS
from plans import schemas
from plans.actions.tenants import open_tenant
from plans.grants import require_managed
from plans.models import Onboarding, Tenant

#: The details of a tenant's refusal that the public trail may contain.
KEPT_IN_PUBLIC = (
    "refused",
    "total",
    "reasons",
    "columns",
    "rule",
    "plan",
    "limit",
    "usage",
    "asked",
    "permission",
)
#: The only permissions of an operator inside the tenant during an import.
SEEDING = ("inventory.manage", "inventory.operate_hub", "inventory.vendor_eligibility")


def create_tenant(act: Act, onboarding: Onboarding, form: DoorForm) -> Tenant:
    """Step 3: the row, the schema, the check of it, and last the host name. Continues where an attempt stopped.

    Refusals: those of `write_tenant_down` and `open_tenant`. Raises SchemaError when the schema is incomplete.
    """
    with _alone(onboarding):
        tenant = write_tenant_down.submit(act, form)
        schemas.make(tenant.schema_name)
        open_tenant(act, tenant=tenant)
    return tenant


def seed(act: Act, onboarding: Onboarding, step: str, form: SeedForm) -> Imported:
    """Steps 4 to 8: import a file completely or not at all. Both audit trails record it.

    Refusals: those of `begin_seeding`, and of the tenant's import.
    """
    with _alone(onboarding):
        seeding = Seeding(act, onboarding, step, form)
        with seeding.told_in_full():
            row = begin_seeding.submit(act, seeding)
        content: bytes = form.values()["content"]
        with inside(act, row, *SEEDING) as inner:
            try:
                return KINDS[step].action(inner, content=content)
            except Refusal as caught:
                late = caught  # accepted a moment ago; since then the tenant was frozen, or its plan changed
        seeding = Seeding(act, onboarding, step, form, late=late)
        with seeding.told_in_full():
            begin_seeding.submit(act, seeding)
        raise late


def check_seed(act: Act, onboarding: Onboarding, step: str, form: SeedForm) -> Imported:
    """Rehearse `seed`: every gate and rule runs, and only the events of a refusal are stored. Refusals: the same."""
    seeding = Seeding(act, onboarding, step, form)
    with seeding.told_in_full():
        begin_seeding.check(act, seeding)
    return cast(Imported, seeding.imported)


def verify(act: Act, onboarding: Onboarding) -> Onboarding:
    """Run the four checks and store their results. Refusals: those of `record_checks`."""
    with _alone(onboarding):
        current = Onboarding.objects.select_related("tenant").get(pk=onboarding.pk)
        try:
            record_checks.rehearse(act, onboarding=current, checks=[])
        except Refusal:
            return record_checks(act, onboarding=current, checks=[])  # refused again, to record the refusal
        with inside(act, current, *verification.PERMISSIONS) as inner:
            checks = verification.run(inner)
        return record_checks(act, onboarding=current, checks=[check.as_json() for check in checks])


def invite_owner(
    act: Act, onboarding: Onboarding, form: OwnerForm, *, request: HttpRequest | None = None
) -> bool:
    """Invite the first owner; an open invitation of another address is withdrawn.

    Returns True if the mail server accepted the message.
    Refusals: those of `announce_owner` and of `invite`.
    """
    with _alone(onboarding):
        row = announce_owner.submit(act, form)
        with inside(act, row, MANAGE_STAFF, OPERATE_HUB) as inner:
            for waiting in open_invitations():
                withdraw_invitation(inner, invitation=waiting)
            invitation = invite(inner, **form.person(), role=OWNER)
            return send_invitation(inner.tenant, invitation, request=request)


def send_owner_link(act: Act, onboarding: Onboarding, *, request: HttpRequest | None = None) -> bool:
    """Send a new link to the invited owner; the earlier link becomes invalid.

    Returns True if the mail server accepted the message. Refusals: those of `announce_owner`; STATE_CONFLICT NOT_ACTIVE
    when there is no open invitation.
    """
    with _alone(onboarding):
        row = announce_owner(act, onboarding=onboarding)
        with inside(act, row, MANAGE_STAFF, OPERATE_HUB) as inner:
            waiting = open_invitations().first()
            if waiting is None:
                raise StateConflict(
                    _("There is no open invitation for an owner. Invite the owner first."),
                    reason=Reason.NOT_ACTIVE,
                )
            invitation = renew_invitation(inner, invitation=waiting)
            return send_invitation(inner.tenant, invitation, request=request)


class Seeding:
    """A file for one step as a form of the public action: valid if the tenant's import would accept it.

    So a file that the tenant refuses is refused in both trails. `late`: a refusal after the file was accepted.
    """

    def __init__(
        self, act: Act, onboarding: Onboarding, step: str, form: SeedForm, *, late: Refusal | None = None
    ) -> None:
        self._act, self._onboarding, self._step, self._form = act, onboarding, step, form
        self._refusal = late
        self.imported: Imported | None = None

    def is_valid(self) -> bool:
        """Return True if the tenant would accept the file. The action itself refuses what comes before that."""
        if self._refusal is not None or not self._form.is_valid():
            return False
        row = Onboarding.objects.select_related("tenant").get(pk=self._onboarding.pk)
        if not self._is_time(row):
            return True
        try:
            with inside(self._act, row, *SEEDING) as inner:
                self.imported = KINDS[self._step].action.check(inner, _Content(self._form))
        except Refusal as refusal:
            self._refusal = refusal
        return self._refusal is None

    def _is_time(self, row: Onboarding) -> bool:
        """Return True if this operator may work in the tenant and all earlier steps are done."""
        if row.tenant is None or self._step not in rules.SEEDED or row.is_closed:
            return False
        try:
            require_managed(self._act, row.tenant)
            gates.require_parents(row, self._step)
        except Refusal:
            return False
        return True

    def values(self) -> dict[str, Any]:
        """The arguments of the action."""
        return self._form.values()

    def facts(self) -> dict[str, Any]:
        """The name of the file, for the event. Its content is recorded in the tenant only."""
        content = self.values().get("content")
        named = (
            {} if content is None else {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        )
        return {"step": self._step} | named

    def evidence(self, refusal: Refusal) -> dict[str, Any]:
        """The onboarding. The refused cells are in the tenant's event of the same request."""
        return {"concerned": list(keys_in(self._onboarding)), "typed": {}}

    def refusal(self) -> Refusal:
        """Why the file is not valid, for the public trail. Errors of single lines are recorded in the tenant only."""
        said = self._refusal
        if said is None:
            return invalid_form(self._form)
        kept = {name: said.details[name] for name in KEPT_IN_PUBLIC if name in said.details}
        return type(said)(said.message, reason=said.reason, details=kept)

    @contextmanager
    def told_in_full(self) -> Iterator[None]:
        """Show the operator the errors of the tenant's import, line by line."""
        try:
            yield
        except Refusal as refusal:
            raise (self._refusal or refusal) from refusal


class _Content:
    """The bytes of a file as a form of the tenant's import."""

    def __init__(self, form: SeedForm) -> None:
        self._form = form

    def is_valid(self) -> bool:
        """Always True: the import reports errors line by line."""
        return True

    def values(self) -> dict[str, Any]:
        """The argument of the import."""
        return {"content": self._form.values()["content"]}


@contextmanager
def inside(act: Act, onboarding: Onboarding, *permissions: str) -> Iterator[Act]:
    """Bind the tenant, with the same operator; the tenant's events name this request as their cause."""
    tenant = onboarding.tenant
    if tenant is None:
        raise RuntimeError("the onboarding has no tenant yet; its step must be checked first")
    with tenant_context(tenant):
        yield replace(act.in_tenant(tenant, *permissions), cause_id=act.request_id)


@contextmanager
def _alone(onboarding: Onboarding) -> Iterator[None]:
    with locks.held("onboarding", onboarding.pk):
        yield
