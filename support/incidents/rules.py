"""Which incidents there are to be, and what an active one forbids. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, Protocol

from django.utils.translation import gettext as _

from asora.kernel.refusals import Reason, StateConflict

#: State to the states that may follow it. A resolved incident stays resolved; what comes back is a new one.
TRANSITIONS: dict[str, frozenset[str]] = {
    "open": frozenset({"mitigated", "resolved"}),
    "mitigated": frozenset({"open", "resolved"}),
    "resolved": frozenset(),
}
#: Severities for which an incident is opened at once.
OPENS_INCIDENT = (1, 2)


class Error(NamedTuple):
    """What the events of a problem have in common: code, action and reason. Empty: any."""

    code: str = ""
    action: str = ""
    reason: str = ""

    @property
    def is_empty(self) -> bool:
        """Returns True if it would match every event."""
        return not any(self)

    def covers(self, other: Error) -> bool:
        """Returns True if an event with this code, action and reason belongs to it."""
        return all(not mine or mine == theirs for mine, theirs in zip(self, other, strict=True))

    @property
    def precision(self) -> int:
        """How many of the three it names."""
        return sum(map(bool, self))


class HasReference(Protocol):
    """An incident, as far as these rules need it."""

    @property
    def ref(self) -> str:
        """How people refer to it."""


def require_no_active(incident: HasReference | None) -> None:
    """Refuse to troubleshoot a single ticket while an incident with the same error is active.

    `incident`: what `queries.active_for` found. Refusals: STATE_CONFLICT INCIDENT_ACTIVE.
    """
    if incident is None:
        return
    raise StateConflict(
        _("%(incident)s is active for this error. Attach the ticket to it.") % {"incident": incident.ref},
        reason=Reason.INCIDENT_ACTIVE,
        details={
            "incident": incident.ref,
            "missing": [_("The ticket has to be attached to %(incident)s.") % {"incident": incident.ref}],
        },
    )


#: The kinds of entries that people write, and those of them that a resolved incident still takes.
WRITTEN_BY_HAND = frozenset({"update", "notice", "root_cause", "lesson"})
AFTERWARDS = frozenset({"root_cause", "lesson"})


def require_root_cause(*, severity: int, state: str, kinds: Collection[str]) -> None:
    """Refuse to resolve a Sev1 or Sev2 incident whose log has no root cause.

    `kinds`: those of its entries. Refusals: STATE_CONFLICT INFO_MISSING.
    """
    if state == "resolved" and severity in OPENS_INCIDENT and "root_cause" not in kinds:
        raise StateConflict(
            _("An incident of Sev1 or Sev2 is resolved with its root cause."),
            reason=Reason.INFO_MISSING,
            details={
                "missing": [_("The root cause.")],
                "remedy": _("Write the root cause, then resolve it."),
            },
        )
