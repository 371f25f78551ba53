"""Rights that hold until the commit: what a person may do is read again inside the transaction, under a lock.

The lock is on the person, shared by everything that they do and taken exclusively by whoever changes their role, their
hubs or whether they are active. So such a change answers only after what was under way has ended, and what comes later
finds the new rights. It stands behind the freeze and before the plan in the order of locks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from asora.accounts.models import User
from asora.kernel import binding, locks
from asora.kernel.act import Act
from asora.kernel.refusals import AuthRequired, PermissionDenied, Reason

OPERATOR = "operator"
READ = "SELECT is_active, role, all_hubs FROM {schema}.accounts_user WHERE ref = %s"


def bind(act: Act) -> Act:
    """The same act with the rights that its actor has now and keeps until the transaction ends.

    An operator inside a tenant is asked for in public, where they live. A command, and somebody who accepts an
    invitation, carry exactly the permissions that they were given, so there is nothing to read. Refusals:
    AUTH_REQUIRED NO_SESSION for a deactivated person; PERMISSION_DENIED for an operator whose role is another one now.
    """
    actor = act.actor
    if actor.account is None:
        if actor.type == OPERATOR and actor.schema != binding.PUBLIC:
            _bind_operator(act)
        return act
    is_active, role, all_hubs = _locked_rights(actor.schema, actor.ref)
    if not is_active:
        raise _deactivated()
    account: Any = actor.account
    if (role, all_hubs) == (account.role, account.all_hubs) and all_hubs:
        return act
    # A fresh row: back ends may have remembered what they answered about the old one.
    fresh = User.objects.get(ref=actor.ref)
    return replace(act, actor=replace(actor, account=fresh, roles=(fresh.role,)))


def lock_for_change(schema: str, ref: str) -> None:
    """Wait until nothing that this person does is under way, and let nothing of theirs pass until the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_key(schema, ref)])


def _bind_operator(act: Act) -> None:
    is_active, role, _all_tenants = _locked_rights(binding.PUBLIC, act.actor.ref)
    if not is_active:
        raise _deactivated()
    if act.actor.roles != (role,):
        raise PermissionDenied(_("Your role has changed since you began this."))


def _locked_rights(schema: str, ref: str) -> tuple[bool, str, bool]:
    """Two statements in one round trip: the second one's snapshot is taken after the lock is held."""
    table = READ.format(schema=connection.ops.quote_name(schema))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock_shared(%s); {table}", [_key(schema, ref), ref])
        cursor.nextset()
        row = cursor.fetchone()
    return row or (False, "", False)


def _deactivated() -> AuthRequired:
    return AuthRequired(
        _("This account was deactivated while you worked. Nothing of this was recorded."),
        reason=Reason.NO_SESSION,
    )


def _key(schema: str, ref: str) -> int:
    return locks.key("person", f"{schema}:{ref}")
