"""Is this tenant open? Asked at every write, and shut out of by whoever toggles it (support.md, "Freeze protocol")."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from asora.kernel import locks
from asora.kernel.act import Act, Tenancy
from asora.kernel.refusals import Reason, StateConflict
from plans.models import FreezeToggle, TenantFreeze

GRACE = 1.0  # seconds between two goes at back ends that hold on
LONGEST_WAIT = "60s"  # whatever holds the lock for so long cannot be ended from here: nothing is toggled then
log = structlog.get_logger("plans.freezes")

# pg_locks spells a 64-bit key as two halves. Materialised, because a planner may ask a function of rows that other
# conditions would have left out, and this function ends what it is asked of.
HOLDERS = """
WITH holder AS MATERIALIZED (
    SELECT pid FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND mode = 'ShareLock' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid::bigint = %s AND objid::bigint = %s
)
"""
# Cancelling stops a statement that runs; it does nothing to a back end that waits for its client, so that one is ended.
CANCEL = HOLDERS + "SELECT pid FROM holder WHERE pg_cancel_backend(pid)"  # noqa: S608 - our own words
END = HOLDERS + "SELECT pid FROM holder WHERE pg_terminate_backend(pid)"  # noqa: S608 - our own words

READ = "SELECT reason, frozen_at FROM public.plans_tenantfreeze WHERE tenant_id = %s AND is_active"


def check(act: Act, *, binding: bool) -> None:
    """Refuse when the tenant is frozen.

    Binding, it first takes the shared lock whose exclusive form the toggle takes, and only then reads, in a statement
    of its own: after the toggle has committed, no write gets through. Refusals: STATE_CONFLICT FREEZE_ACTIVE.
    """
    with connection.cursor() as cursor:
        if binding:
            # Two statements in one round trip: the second one's snapshot is taken after the lock is held.
            cursor.execute(
                f"SELECT pg_advisory_xact_lock_shared(%s); {READ}",
                [locks.key("freeze", act.tenant.schema_name), act.tenant.pk],
            )
            cursor.nextset()
        else:
            cursor.execute(READ, [act.tenant.pk])
        frozen = cursor.fetchone()
    if frozen:
        raise StateConflict(
            _("This tenant is frozen: %(reason)s") % {"reason": frozen[0]},
            reason=Reason.FREEZE_ACTIVE,
            details={"frozen_at": frozen[1].isoformat()},
        )


def shut(tenant: Tenancy) -> int:
    """Wait until no write is under way in a tenant, and let none begin until the current transaction ends.

    What is still under way after `settings.ASORA_FREEZE_PATIENCE` seconds is cut off: its request answers
    FREEZE_ACTIVE once this transaction has committed. Returns how many were cut off.
    """
    key = locks.key("freeze", tenant.schema_name)
    # The lock is waited for in one go, in its queue: writes that come later stand behind it.
    with _impatience(key) as cut_off, connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LONGEST_WAIT])
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
    return len(cut_off)


@contextmanager
def _impatience(key: int) -> Iterator[set[int]]:
    """While the body waits for the lock, somebody else looks at the clock; yields the back ends cut off so far."""
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
    """In a thread, and so on a connection of its own, made only when patience has run out."""
    statement, wait = CANCEL, settings.ASORA_FREEZE_PATIENCE
    try:
        while not is_shut.wait(wait):
            with connection.cursor() as cursor:
                cursor.execute(statement, [key >> 32 & 0xFFFFFFFF, key & 0xFFFFFFFF])
                cut_off.update(pid for (pid,) in cursor.fetchall())
            statement, wait = END, GRACE
    except DatabaseError:
        log.exception("writes under way were not cut off; the freeze waits for their end")
    finally:
        connection.close()


def active(tenant: Tenancy) -> TenantFreeze | None:
    """The freeze of a tenant, while it holds."""
    return TenantFreeze.objects.filter(tenant_id=tenant.pk, is_active=True).first()


def root_cause(freeze: TenantFreeze) -> FreezeToggle | None:
    """The root cause as it was last written down; its number is what an approval names."""
    if not freeze.root_cause:
        return None
    written = FreezeToggle.objects.filter(tenant_id=freeze.tenant_id, kind=FreezeToggle.Kind.ROOT_CAUSE)
    return written.order_by("-pk").first()
