"""Rights that are valid until the commit: a person's rights are read again inside the transaction, under a lock.

Everything that a person does takes the lock on that person in shared mode. A change of their role, their hubs or their
active state takes it exclusively. Such a change therefore waits until the person's running transactions have ended, and
later transactions see the new rights. In the order of locks it comes after the freeze and before the plan.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from asora.kernel import binding, locks
from asora.kernel.act import Act
from asora.kernel.actors import Actor
from asora.kernel.permissions import Permission
from asora.kernel.refusals import AuthRequired, PermissionDenied, Reason

OPERATOR = "operator"
READ = "SELECT is_active, role, all_hubs FROM {schema}.accounts_user WHERE ref = %s"


def bind(act: Act) -> Act:
    """The same act with the rights that its actor has now. They cannot change until the transaction ends.

    The rights of an operator inside a tenant are read from the public schema, where operators are stored. A command,
    and a person who accepts an invitation, have exactly the permissions they were given: nothing is read. Refusals:
    AUTH_REQUIRED NO_SESSION for a deactivated person; PERMISSION_DENIED for an operator whose role has changed.
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
    # A fresh row, because back ends may have cached their answers on the old one.
    fresh = get_user_model()._default_manager.get(ref=actor.ref)
    return replace(act, actor=replace(actor, account=fresh, roles=(fresh.role,)))


def actor_again(kind: str, ref: str, granted: Collection[str] | None) -> Actor | None:
    """The actor of an event with the rights that they have now; None if the person no longer exists.

    `granted`: the permissions of an actor without an account. A person counts as recently proved. Refusals:
    AUTH_REQUIRED NO_SESSION for a deactivated person.
    """
    schema = binding.schema_name()
    if granted is not None:
        allowed = frozenset(Permission(name) for name in granted)
        return Actor(schema=schema, type=kind, ref=ref, granted=allowed)
    user: Any = get_user_model()._default_manager.filter(ref=ref).first()
    if user is None:
        return None
    if not user.is_active:
        raise _deactivated()
    return Actor(
        schema=schema, type=kind, ref=ref, roles=(user.role,), account=user, proved_at=timezone.now()
    )


def lock_for_change(schema: str, ref: str) -> None:
    """Wait until this person's running transactions have ended, and block new ones until the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_key(schema, ref)])


def _bind_operator(act: Act) -> None:
    is_active, role, _all_tenants = _locked_rights(binding.PUBLIC, act.actor.ref)
    if not is_active:
        raise _deactivated()
    if act.actor.roles != (role,):
        raise PermissionDenied(_("Your role has changed since you started this."))


def _locked_rights(schema: str, ref: str) -> tuple[bool, str, bool]:
    """Two statements in one round trip: the snapshot of the second is taken after the lock is acquired."""
    table = READ.format(schema=connection.ops.quote_name(schema))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock_shared(%s); {table}", [_key(schema, ref), ref])
        cursor.nextset()
        row = cursor.fetchone()
    return row or (False, "", False)


def _deactivated() -> AuthRequired:
    return AuthRequired(
        _("Your account was deactivated while you were working. Nothing was recorded."),
        reason=Reason.NO_SESSION,
    )


def _key(schema: str, ref: str) -> int:
    return locks.key("person", f"{schema}:{ref}")
