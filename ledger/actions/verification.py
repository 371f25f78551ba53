"""Keeping what a proof of the ledger found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from asora.kernel import positions
from asora.kernel.act import Act
from asora.kernel.door import action
from ledger.models import VerificationRun
from ledger.verification import Check


@action("ledger.verification.record", permission="ledger.report", while_frozen=True)
def record_verification(act: Act, *, started_at: datetime, checks: Sequence[Check]) -> VerificationRun:
    """Keep a finished proof, whatever it found; it changes nothing of the ledger, so a frozen tenant can be proved."""
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
