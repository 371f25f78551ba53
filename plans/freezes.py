"""Is this tenant open? Asked at every write (support.md, "Freeze protocol")."""

from __future__ import annotations

from django.db import connection
from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, StateConflict
from plans import locks

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
            details={
                "frozen_at": frozen[1].isoformat(),
                "remedy": _(
                    "Reading and exporting go on. An operator unfreezes it once the cause is understood."
                ),
            },
        )
