"""Named reads of the tenant's decisions about access by support. They read the schema that is bound."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from audit.disclosure.models import AccessDecision, AccessPolicy

Verdict = Literal["approved", "refused", "revoked"]
_LAST_FIRST: tuple[Verdict, ...] = ("revoked", "refused", "approved")


def requires_approval() -> bool:
    """Returns True if a new access session needs an approval by this tenant."""
    latest = AccessPolicy.objects.order_by("-id").values_list("requires_approval", flat=True).first()
    return bool(latest)


def verdict_on(session: UUID) -> Verdict | None:
    """The tenant's last word on an access session; None if it has not decided. A revocation is always the last."""
    found = set(AccessDecision.objects.filter(session=session).values_list("verdict", flat=True))
    return next((word for word in _LAST_FIRST if word in found), None)


def approved_at(session: UUID) -> datetime | None:
    """When the tenant approved an access session; None if it has not."""
    rows = AccessDecision.objects.filter(session=session, verdict=AccessDecision.Verdict.APPROVED)
    return rows.values_list("decided_at", flat=True).first()
