"""A decision of the past as far as a replay needs it, read from what its event recorded. No database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from asora.kernel import keys
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason
from asora.kernel.shapes import ReadOnlyValues

PLAN_RULE = "plans."
#: The permission on a hub. Its lack is refused at the same gate as that of a role's permission.
OPERATE_HUB = str(Permission.INVENTORY_OPERATE_HUB)


class Claim(NamedTuple):
    """What a plan's gate counted. `limit` None: no ceiling, and then usage and asked were not counted (None)."""

    resource: str
    limit: int | None
    usage: int | None = None
    asked: int | None = None


class Decision(NamedTuple):
    """One decision: who asked for what, what the gates read, and which gate stopped it (empty: none).

    `permission`: what the gate of permissions asked for; None: not recorded. `read`: the keys that each gate read.
    `concerned`: the ids of the hubs that the event concerns; None: not known. `claim`: None if no ceiling applied.
    """

    number: int | None
    event: UUID
    at: datetime
    action: str
    actor: str
    stopped: str
    reason: str
    rule: str
    permission: str | None
    roles: tuple[str, ...]
    read: tuple[Sequence[str], ...]
    concerned: Sequence[int] | None
    claim: Claim | None = None

    @property
    def lacked_hub(self) -> bool:
        """Returns True if it was refused because the actor did not work at a hub."""
        return self.reason == Reason.HUB_NOT_GRANTED

    @property
    def lacked_role(self) -> bool:
        """Returns True if it was refused because no role of the actor had the permission."""
        return self.reason == Reason.ROLE_LACKS_PERMISSION

    def needs_hubs(self) -> frozenset[int] | None:
        """The ids of the hubs where the actor had to work; None: at all hubs.

        These are the hubs that the gates read. If the gate of permissions refused, they are also those that it had not
        come to: all that the event concerns.
        """
        inputs = [key for keys_ in self.read for key in keys_ if key.startswith("grant:")]
        prefix = keys.grant(self.actor, "")
        named = {key.removeprefix(prefix) for key in inputs if key.startswith(prefix)}
        if keys.EVERY in named:
            return None
        known = {int(place) for place in named if place.isdecimal()}
        if self.stopped == "permitted" or f"grant:{keys.EVERY}" in inputs:
            known |= set(self.concerned or ())
        return None if self.lacked_hub and not known else frozenset(known)


def read(
    *,
    number: int | None,
    event: UUID,
    at: datetime,
    action: str,
    actor: str,
    hubs: Sequence[int] | None,
    steps: Sequence[ReadOnlyValues],
) -> Decision | None:
    """The decision of an event; None if its gate of permissions was not reached, or did not record what it read.

    `hubs`: the ids of the hubs that the event concerns. `steps`: the ladder as recorded (`asora.kernel.ladder`).
    """
    gates = {step["gate"]: step for step in steps}
    permitted = gates.get("permitted")
    if permitted is None or "inputs" not in permitted:
        return None
    # Nothing comes after the gate that refused.
    stop: ReadOnlyValues = steps[-1] if steps[-1]["verdict"] == "stopped" else {}
    reason = stop.get("reason", "")
    plan = gates.get("within_plan", {})
    return Decision(
        number=number,
        event=event,
        at=at,
        action=action,
        actor=actor,
        stopped=stop.get("gate", ""),
        reason=reason,
        rule=stop.get("rule", ""),
        permission=_permission(permitted, reason),
        roles=tuple(permitted.get("roles") or ()),
        read=tuple(step["inputs"] for step in steps if "inputs" in step),
        concerned=hubs,
        claim=_claim(plan),
    )


def _permission(permitted: ReadOnlyValues, reason: str) -> str | None:
    """The permission that was asked for: the gate's rule, or the missing one of a refusal.

    A refusal for a hub names only the permission on hubs, so which other permission had been asked for is not known.
    """
    if permitted.get("verdict") == "passed":
        return str(permitted.get("rule", "")) or None
    if reason == Reason.ROLE_LACKS_PERMISSION:
        return str(permitted.get("permission", "")) or None
    return None


def _claim(step: ReadOnlyValues) -> Claim | None:
    rule: Any = step.get("rule") or ""
    if not rule.startswith(PLAN_RULE) or "limit" not in step:
        return None
    usage, asked = (_number(step.get(name)) for name in ("usage", "asked"))
    return Claim(rule.removeprefix(PLAN_RULE), _number(step["limit"]), usage, asked)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
