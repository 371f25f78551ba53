"""Recording the result of a proof of the ledger, and rebuilding the derived tables. Entries cannot be changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import positions
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from ledger.models import VerificationRun
from ledger.proof.rebuilding import LOCK, STATEMENTS
from ledger.proof.verification import Check

#: The kind of job that proves the ledger while somebody watches.
PROOF_JOB = "ledger.proof"


@action(
    "ledger.verification.record",
    permission=Permission.LEDGER_REPORT,
    while_frozen=True,
    done=gettext_lazy("verified the ledger"),
    tried=gettext_lazy("tried to verify the ledger"),
)
def record_verification(act: Act, *, started_at: datetime, checks: Sequence[Check]) -> VerificationRun:
    """Record a finished proof, whatever its result. The ledger is not changed, so it works in a frozen tenant."""
    run = VerificationRun.objects.create(
        started_at=started_at,
        finished_at=timezone.now(),
        position=positions.current(),
        is_proved=not any(check.broken for check in checks),
        checks=[check.as_json() for check in checks],
    )
    act.changed(
        run,
        after={
            "is_proved": run.is_proved,
            "position": run.position,
            "broken": [check.name for check in checks if check.broken],
        },
    )
    return run


@action(
    "ledger.derived.rebuild",
    permission=Permission.LEDGER_REBUILD,
    while_frozen=True,
    done=gettext_lazy("rebuilt the tables derived from the ledger"),
    tried=gettext_lazy("tried to rebuild the tables derived from the ledger"),
)
def rebuild(act: Act, *, broken: Sequence[str] = ()) -> dict[str, int]:
    """Bring every derived row into line with the entries; returns how many rows were wrong, by table.

    `broken`: the checks that failed before, for the event, since they pass again afterwards.
    No role has `ledger.rebuild`: only the command does. Postings wait until it is done.
    """
    changed: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        for name, statement in STATEMENTS:
            cursor.execute(statement)
            changed[name] = cursor.rowcount
    act.touched("stock:*")
    act.found(position=positions.current(), broken=list(broken), **changed)
    if not any(changed.values()):
        act.noop(_("All derived rows were already right."))
    return changed
