"""Files that an onboarding imports into a tenant: the tenant's import checks each before the public event is written.

A file that the tenant refuses is therefore refused in both trails. The public trail says which file it was and why it
was refused; the lines and cells are in the tenant's trail only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django_tenants.utils import tenant_context

from asora.kernel.act import Act
from asora.kernel.evidence import keys_in
from asora.kernel.forms import DoorForm
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Values
from asora.onboarding import rules
from asora.onboarding.actions import gates
from asora.onboarding.seed_form import SeedForm
from inventory.files.actions.file_lines import Imported
from inventory.files.kinds import KINDS
from plans.grants import require_managed
from plans.models import Onboarding

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
SEEDING = (
    Permission.INVENTORY_MANAGE,
    Permission.INVENTORY_OPERATE_HUB,
    Permission.INVENTORY_VENDOR_ELIGIBILITY,
)


class Seeding(DoorForm):
    """A file for one step. `late`: the tenant's refusal of a file that it had accepted a moment before."""

    def __init__(
        self, onboarding: Onboarding, step: str, form: SeedForm, *, late: Refusal | None = None
    ) -> None:
        self._onboarding, self._step, self._form, self._late = onboarding, step, form, late

    def is_valid(self) -> bool:
        """Return True if the form has a file."""
        return self._late is None and self._form.is_valid()

    def refusal(self) -> Refusal:
        """Why it is not valid, as the public trail records it."""
        return self._form.refusal() if self._late is None else in_public(self._late)

    def values(self) -> Values:
        """The arguments of the action."""
        return self._form.values()

    def facts(self) -> Values:
        """Which file it was, for the event of any refusal."""
        content = self.values().get("content")
        named = (
            {} if content is None else {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        )
        return {"step": self._step} | named

    def evidence(self, refusal: Refusal) -> Values:
        """The onboarding; cells are in the event that the tenant has of the same request."""
        return {"concerned": list(keys_in(self._onboarding)), "typed": {}}


class _Content(DoorForm):
    """The bytes of a file, for the check of the tenant's import."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def is_valid(self) -> bool:
        """Always True: any bytes can be read, and the reader reports the errors in them."""
        return True

    def values(self) -> Values:
        """The argument of the import."""
        return {"content": self._content}


def check_in_tenant(act: Act, *, onboarding: Onboarding, step: str, content: bytes) -> Imported | None:
    """What the tenant's import would make of a file; None where the action refuses anyway.

    Refusals: those of the tenant's import, as the public trail records them.
    """
    row = Onboarding.objects.select_related("tenant").get(pk=onboarding.pk)
    if not _is_due(act, row, step):
        return None
    try:
        with in_tenant(act, row, *SEEDING) as inner:
            imported: Imported = KINDS[step].action.check(inner, _Content(content))
    except Refusal as refusal:
        raise in_public(refusal) from refusal
    return imported


def _is_due(act: Act, row: Onboarding, step: str) -> bool:
    """Whether this operator may look into the tenant at all, and the step is due."""
    if row.tenant is None or step not in rules.SEEDED or row.is_closed:
        return False
    try:
        require_managed(act.recording(), row.tenant)
        gates.require_parents(row, step)
    except Refusal:
        return False
    return True


def in_public(refusal: Refusal) -> Refusal:
    """A tenant's refusal without its lines and cells, which are the tenant's to read."""
    kept = {name: refusal.details[name] for name in KEPT_IN_PUBLIC if name in refusal.details}
    return type(refusal)(refusal.message, reason=refusal.reason, details=kept)


@contextmanager
def with_line_errors() -> Iterator[None]:
    """Raise the tenant's own refusal, line by line, to the operator whose file it refused."""
    try:
        yield
    except Refusal as refusal:
        if isinstance(refusal.__cause__, Refusal):
            raise refusal.__cause__ from refusal
        raise


@contextmanager
def in_tenant(act: Act, onboarding: Onboarding, *permissions: Permission) -> Iterator[Act]:
    """Bind the tenant, with the same operator; the tenant's events name this request as their cause."""
    tenant = onboarding.tenant
    if tenant is None:
        raise RuntimeError("the onboarding has no tenant yet; its step must be checked first")
    with tenant_context(tenant):
        yield replace(act.in_tenant(tenant, *permissions), cause_id=act.request_id)
