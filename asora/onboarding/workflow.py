"""Going the steps that reach into a tenant: the public event first, then the tenant's own action inside it.

Public and tenant rows are never written in one transaction. One at a time goes through an onboarding, so that two
operators at the same step find what the other one did; and whatever a crash leaves out can be done by going once more.
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

from asora.accounts.actions.invitations import invite, renew_invitation, withdraw_invitation
from asora.accounts.mail import send_invitation
from asora.accounts.roles import MANAGE_STAFF
from asora.kernel import locks
from asora.kernel.act import Act
from asora.kernel.door import DoorForm
from asora.kernel.evidence import keys_in
from asora.kernel.gates import invalid_form
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

#: What the public trail has of a refusal inside a tenant.
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


def seed(act: Act, onboarding: Onboarding, step: str, form: SeedForm) -> Imported:
    """Steps 4 to 8: a file, all of it or nothing, which both trails say of it.

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
                late = caught  # accepted a moment ago: the tenant was frozen since, or its plan changed
        seeding = Seeding(act, onboarding, step, form, late=late)
        with seeding.told_in_full():
            begin_seeding.submit(act, seeding)
        raise late


def check_seed(act: Act, onboarding: Onboarding, step: str, form: SeedForm) -> Imported:
    """The dry run of `seed`: every gate and rule, and nothing kept but the events of a refusal. Refusals: the same."""
    seeding = Seeding(act, onboarding, step, form)
    with seeding.told_in_full():
        begin_seeding.check(act, seeding)
    return cast(Imported, seeding.imported)


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


class Seeding:
    """A file for one step as the door on the public host judges it: by what the tenant's import makes of it.

    So a file that the tenant refuses is refused in both trails. `late`: what refused it after it was accepted.
    """

    def __init__(
        self, act: Act, onboarding: Onboarding, step: str, form: SeedForm, *, late: Refusal | None = None
    ) -> None:
        self._act, self._onboarding, self._step, self._form = act, onboarding, step, form
        self._refusal = late
        self.imported: Imported | None = None

    def is_valid(self) -> bool:
        """Whether the form can be read, and the tenant would take the file. What comes before, the action refuses."""
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
        """Whether this operator may look into the tenant at all, and the step is due."""
        if row.tenant is None or self._step not in rules.SEEDED or row.is_closed:
            return False
        try:
            require_managed(self._act, row.tenant)
            gates.require_parents(row, self._step)
        except Refusal:
            return False
        return True

    def values(self) -> dict[str, Any]:
        """What the action is called with."""
        return self._form.values()

    def facts(self) -> dict[str, Any]:
        """Which file it was, whatever became of it; what it says is the tenant's."""
        content = self.values().get("content")
        named = (
            {} if content is None else {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        )
        return {"step": self._step} | named

    def evidence(self, refusal: Refusal) -> dict[str, Any]:
        """The onboarding; cells are in the event that the tenant has of the same request."""
        return {"concerned": list(keys_in(self._onboarding)), "typed": {}}

    def refusal(self) -> Refusal:
        """Why it is not valid, as the public trail has it: what is wrong with which line is the tenant's to read."""
        said = self._refusal
        if said is None:
            return invalid_form(self._form)
        kept = {name: said.details[name] for name in KEPT_IN_PUBLIC if name in said.details}
        return type(said)(said.message, reason=said.reason, details=kept)

    @contextmanager
    def told_in_full(self) -> Iterator[None]:
        """Let the operator hear what the tenant's import said, line by line."""
        try:
            yield
        except Refusal as refusal:
            raise (self._refusal or refusal) from refusal


class _Content:
    """The bytes of a file as the tenant's import judges them."""

    def __init__(self, form: SeedForm) -> None:
        self._form = form

    def is_valid(self) -> bool:
        """Always: what is wrong with a file is said line by line."""
        return True

    def values(self) -> dict[str, Any]:
        """The argument of the import."""
        return {"content": self._form.values()["content"]}


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
