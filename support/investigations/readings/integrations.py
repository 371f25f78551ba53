"""Playbook "integration is not working": the endpoint, its dispatches and attempts, and that sending posted nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from asora.kernel.shapes import Values
from asora.kernel.text import fold_code
from integrations.dispatch.models import Attempt, Dispatch
from integrations.endpoints.models import Endpoint
from integrations.endpoints.standing import standing, state_of
from integrations.outbox.models import Payload
from ledger.models import Posting
from support.investigations.scope import Scope

PERIOD = timedelta(days=7)
MAX_ROWS = 50
MAX_POSITIONS = 1_000
_HIDDEN = ("answer", "payload__body", "dispatch__endpoint__url")


@dataclass(frozen=True, slots=True)
class Integration:
    """One endpoint in a period. `problem`: why nothing could be read; then everything else is empty.

    `state`: the name of its badge; `reasons`: why it is paused. `queued`: payloads of the period by state.
    `attempts`: latest first, without answers and bodies. `missing_positions`: positions that a payload names and the
    ledger does not have. `postings`: documents that were posted by the request of a dispatch; there can be none.
    """

    name: str = ""
    state: str = ""
    reasons: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    queued: Mapping[str, int] = field(default_factory=dict)
    dispatches: Sequence[Dispatch] = ()
    attempts: Sequence[Attempt] = ()
    outcomes: Mapping[str, int] = field(default_factory=dict)
    faults: Mapping[str, int] = field(default_factory=dict)
    missing_positions: Sequence[int] = ()
    postings: int = 0
    problem: str = ""

    @property
    def payloads(self) -> int:
        """The number of payloads of the period."""
        return sum(self.queued.values())

    @property
    def is_off(self) -> bool:
        """Returns True if it was switched off, paused or removed."""
        return self.state in {"disabled", "paused", "removed"}

    @property
    def has_failed(self) -> bool:
        """Returns True if an attempt failed, or nobody knows how it ended."""
        return bool(self.outcomes.get("failed") or self.outcomes.get("unknown"))

    @property
    def is_waiting(self) -> bool:
        """Returns True if payloads wait and nothing was dispatched in the period."""
        return bool(self.queued.get("queued")) and not self.dispatches

    @property
    def is_correct_inside(self) -> bool:
        """Returns True if there are payloads, each of a recorded change, and sending them posted nothing."""
        return bool(self.payloads) and not self.missing_positions and not self.postings

    def facts(self) -> Values:
        """What conditions read, ready for JSON."""
        if self.problem:
            return {"problem": self.problem}
        return {
            "endpoint": self.name,
            "state": self.state,
            "payloads": self.payloads,
            "waiting": self.queued.get("queued", 0),
            "dispatches": len(self.dispatches),
            "delivered": self.outcomes.get("delivered", 0),
            "failed": self.outcomes.get("failed", 0) + self.outcomes.get("unknown", 0),
            "faults": dict(self.faults),
            "postings": self.postings,
            "is_off": self.is_off,
            "is_waiting": self.is_waiting,
            "has_failed": self.has_failed,
            "is_correct_inside": self.is_correct_inside,
        }


def read_integration(scope: Scope) -> Integration:
    """The endpoint of a scope in its period. Inside the tenant only; no query names an address, body or answer."""
    same_name = Endpoint.objects.defer("url").filter(name_key=fold_code(scope.integration))
    endpoint = same_name.order_by("-created_at").first() if scope.integration else None
    if endpoint is None:
        return Integration(problem="endpoint")
    until = scope.until or timezone.now()
    since = scope.since or until - PERIOD
    payloads = Payload.objects.filter(endpoint=endpoint, queued_at__gte=since, queued_at__lt=until)
    dispatches = Dispatch.objects.filter(endpoint=endpoint, started_at__gte=since, started_at__lt=until)
    found = list(dispatches.order_by("-started_at", "-pk")[:MAX_ROWS])
    attempts = Attempt.objects.filter(dispatch__in=[one.pk for one in found])
    results = list(attempts.values_list("outcome", "fault"))
    named = payloads.filter(position__isnull=False).values_list("position", flat=True)[:MAX_POSITIONS]
    positions = {position for position in named if position is not None}
    known = set(Posting.objects.filter(position__in=positions).values_list("position", flat=True))
    now = standing(endpoint)
    return Integration(
        name=endpoint.name,
        state=state_of(endpoint, now),
        reasons=now.reasons,
        since=since,
        until=until,
        queued=Counter(payloads.values_list("state", flat=True)),
        dispatches=found,
        attempts=list(
            attempts.select_related("payload", "dispatch__endpoint")
            .defer(*_HIDDEN)
            .order_by("-started_at", "-pk")[:MAX_ROWS]
        ),
        outcomes=Counter(outcome for outcome, _fault in results if outcome),
        faults=Counter(fault for _outcome, fault in results if fault),
        missing_positions=sorted(positions - known),
        postings=Posting.objects.filter(request_id__in={one.request_id for one in found}).count(),
    )
