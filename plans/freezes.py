"""The lock between a tenant's writes and its freeze.

Every write takes the lock in shared mode and checks whether the tenant is frozen. A freeze or unfreeze takes the lock
exclusively, so it waits for writes under way, and later writes see its result.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from asora.kernel import locks, looking
from asora.kernel.act import Act, Tenancy
from asora.kernel.refusals import Reason, StateConflict
from plans.models import FreezeToggle, TenantFreeze

GRACE = 1.0  # seconds between two attempts to end back ends that still have the lock
MAX_WAIT = (
    "60s"  # a lock that is still taken after this time cannot be freed from here; the freeze then fails
)
log = structlog.get_logger("plans.freezes")

# pg_locks shows a 64-bit key as two halves. The query is materialised because a planner may call a function for rows
# that other conditions exclude, and these functions end the back ends for which they are called.
HOLDERS = """
WITH holder AS MATERIALIZED (
    SELECT pid FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND mode = 'ShareLock' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid::bigint = %s AND objid::bigint = %s
)
"""
# Cancelling stops a running statement. It does not affect a back end that waits for its client, so that one is ended.
CANCEL = HOLDERS + "SELECT pid FROM holder WHERE pg_cancel_backend(pid)"  # noqa: S608 - constants only
END = HOLDERS + "SELECT pid FROM holder WHERE pg_terminate_backend(pid)"  # noqa: S608 - constants only

READ = "SELECT reason, frozen_at FROM public.plans_tenantfreeze WHERE tenant_id = %s AND is_active"


@dataclass(frozen=True, slots=True)
class NotFrozen:
    """A supposition of a look: the tenant is not frozen."""


def check(act: Act, *, binding: bool) -> None:
    """Refuse when the tenant is frozen.

    `binding`: first take the lock in shared mode, and only then read, in a statement of its own. So no write gets
    through after a freeze has committed. Refusals: STATE_CONFLICT FREEZE_ACTIVE.
    """
    with connection.cursor() as cursor:
        if binding:
            # Two statements in one round trip: the snapshot of the second is taken after the lock is acquired.
            cursor.execute(
                f"SELECT pg_advisory_xact_lock_shared(%s); {READ}",
                [locks.key("freeze", act.tenant.schema_name), act.tenant.pk],
            )
            cursor.nextset()
        else:
            cursor.execute(READ, [act.tenant.pk])
        frozen = cursor.fetchone()
    if frozen and not looking.supposed(NotFrozen):
        raise StateConflict(
            _("This tenant is frozen: %(reason)s") % {"reason": frozen[0]},
            reason=Reason.FREEZE_ACTIVE,
            details={"frozen_at": frozen[1].isoformat()},
        )


def shut(tenant: Tenancy) -> int:
    """Wait until no write is under way in a tenant, and let none start until the current transaction ends.

    Writes that are still under way after `settings.ASORA_FREEZE_PATIENCE` seconds are cut off: their requests answer
    FREEZE_ACTIVE once this transaction has committed. Returns the number of writes that were cut off.
    """
    key = locks.key("freeze", tenant.schema_name)
    # Wait for the lock in a single statement: it stays in the lock's queue, and later writes queue behind it.
    with _impatience(key) as cut_off, connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [MAX_WAIT])
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
    return len(cut_off)


@contextmanager
def _impatience(key: int) -> Iterator[set[int]]:
    """Watch the clock in a thread while the body waits for the lock; yields the back ends cut off so far."""
    cut_off: set[int] = set()
    is_shut = threading.Event()
    watch = threading.Thread(target=_watch, args=(key, is_shut, cut_off), daemon=True)
    watch.start()
    try:
        yield cut_off
    finally:
        is_shut.set()
        watch.join()


def _watch(key: int, is_shut: threading.Event, cut_off: set[int]) -> None:
    """Cut off writes, in a thread with its own connection, which is opened only when the waiting time is over."""
    statement, wait = CANCEL, settings.ASORA_FREEZE_PATIENCE
    try:
        while not is_shut.wait(wait):
            with connection.cursor() as cursor:
                cursor.execute(statement, [key >> 32 & 0xFFFFFFFF, key & 0xFFFFFFFF])
                cut_off.update(pid for (pid,) in cursor.fetchall())
            statement, wait = END, GRACE
    except DatabaseError:
        log.exception("writes under way were not cut off; the freeze waits until they end")
    finally:
        connection.close()


def active(tenant: Tenancy) -> TenantFreeze | None:
    """The active freeze of a tenant; None if it is not frozen."""
    return TenantFreeze.objects.filter(tenant_id=tenant.pk, is_active=True).first()


def root_cause(freeze: TenantFreeze) -> FreezeToggle | None:
    """The latest root cause of a freeze; an approval names it by its number."""
    if not freeze.root_cause:
        return None
    written = FreezeToggle.objects.filter(tenant_id=freeze.tenant_id, kind=FreezeToggle.Kind.ROOT_CAUSE)
    return written.order_by("-pk").first()
