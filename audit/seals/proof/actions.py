"""Handing out proofs of events. They only read; the trail records who took what."""

from __future__ import annotations

from typing import IO

from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.permissions import Permission
from audit.events.models import Event
from audit.seals.proof.requests import derive_event_proof, derive_trail_proof


@action(
    "audit.event.prove",
    permission=Permission.AUDIT_VIEW,
    subject="name",
    while_frozen=True,
    observes=True,
    derive=derive_event_proof,
    done=gettext_lazy("downloaded the proof of event {label}"),
    tried=gettext_lazy("tried to download the proof of event {label}"),
)
def prove_event(act: Act, *, event: Event, name: str, file: IO[bytes], derived: int = BY_DERIVE) -> int:
    """Release the proof of one event, which was written into `file`. `name`: the id of the event.

    Refusals: STATE_CONFLICT NOT_SEALED.
    """
    act.found(event=name, number=event.number, rows=derived)
    return derived


@action(
    "audit.trail.prove",
    permission=Permission.AUDIT_VIEW,
    while_frozen=True,
    observes=True,
    derive=derive_trail_proof,
    done=gettext_lazy("downloaded a proof of the audit trail"),
    tried=gettext_lazy("tried to download a proof of the audit trail"),
)
def prove_trail(
    act: Act, *, first: int | None, last: int | None, file: IO[bytes], derived: int = BY_DERIVE
) -> int:
    """Release the proof of a part of the trail, which was written into `file`. Returns how many events it shows.

    Refusals: PERMISSION_DENIED HUB_NOT_GRANTED; STATE_CONFLICT NOT_SEALED; VALIDATION_FAILED NO_DATA, TOO_LARGE.
    """
    act.found(first=first, last=last, rows=derived)
    return derived
