"""Opening an incident by hand, its log, its state, and the errors that belong to it."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from support.clocks import recording
from support.clocks.rules import MITIGATE
from support.incidents import opening, queries, rules
from support.incidents.models import Incident, IncidentEntry, Signature
from support.incidents.rules import Error
from support.oncall import paging

WORK = Permission.SUPPORT_WORK_DESK
Kind = IncidentEntry.Kind


@action(
    "support.incident.open",
    permission=WORK,
    done=gettext_lazy("opened an incident ({label})"),
    tried=gettext_lazy("tried to open an incident"),
)
def open_incident(
    act: Act,
    *,
    title: str,
    severity: int,
    notice: str = "",
    code: str = "",
    action: str = "",
    reason: str = "",
) -> Incident:
    """Open an incident that no ticket has opened, and call the people on duty for its severity.

    `notice`: what customers read. `code`, `action`, `reason`: to which events it applies; empty: to none.
    Refusals: VALIDATION_FAILED INVALID_INPUT for Sev1 without a notice.
    """
    if severity == 1 and not notice:
        raise ValidationFailed.at_field(
            "notice", _("Sev1 needs a notice to customers."), reason=Reason.INVALID_INPUT
        )
    error = Error(code, action, reason)
    incident = opening.open_incident(
        act, title=title, severity=severity, errors=[] if error.is_empty else [error], notice=notice
    )
    paging.page(act, subject=incident.pk, ref=incident.ref, severity=severity, is_security=False)
    return incident


@action(
    "support.incident.post",
    permission=WORK,
    subject="incident",
    done=gettext_lazy("wrote in the log of {label}"),
    tried=gettext_lazy("tried to write in the log of {label}"),
)
def post_entry(act: Act, *, incident: Incident, kind: str, text: str) -> IncidentEntry:
    """Add an update, a notice to customers, the root cause, or a lesson. A resolved incident takes those two last only.

    It counts as progress of the attached tickets, and a notice counts as an update to their customers.

    Refusals: STATE_CONFLICT TICKET_STATE; VALIDATION_FAILED INVALID_INPUT for another kind.
    """
    if kind not in rules.WRITTEN_BY_HAND:
        raise ValidationFailed.at_field(
            "kind", _("Choose one of the kinds in the list."), reason=Reason.INVALID_INPUT
        )
    row = _locked(act, incident)
    if row.state == Incident.State.RESOLVED and kind not in rules.AFTERWARDS:
        raise StateConflict(
            _("%(incident)s is resolved. Only a root cause or a lesson can be added.")
            % {"incident": row.ref},
            reason=Reason.TICKET_STATE,
            details={"state": row.state, "remedy": _("If the problem is back, open another incident.")},
        )
    entry = opening.post(act, row, Kind(kind), text)
    act.changed(row, before={"entry": ""}, after={"entry": kind, "length": len(text)})
    return entry


@action(
    "support.incident.move",
    permission=WORK,
    subject="incident",
    done=gettext_lazy("changed the state of {label}"),
    tried=gettext_lazy("tried to change the state of {label}"),
)
def move_incident(act: Act, *, incident: Incident, state: str) -> Incident:
    """Mark an incident as mitigated, open again or resolved. Sev1 and Sev2 are resolved with a root cause.

    The attached tickets are mitigated with it, and are no longer if it is open again.

    Refusals: STATE_CONFLICT TICKET_STATE, or INFO_MISSING with what is missing.
    """
    row = _locked(act, incident)
    if row.state == state:
        act.noop(_("The incident has this state already."))
        return row
    if state not in rules.TRANSITIONS[row.state]:
        raise StateConflict(
            _("%(incident)s cannot get this state.") % {"incident": row.ref},
            reason=Reason.TICKET_STATE,
            details={"state": row.state, "remedy": _("If the problem is back, open another incident.")},
        )
    kinds = set(row.entries.values_list("kind", flat=True))
    rules.require_root_cause(severity=row.severity, state=state, kinds=kinds)
    now, before = timezone.now(), row.state
    row.state = state
    row.mitigated_at = row.mitigated_at or now if state != Incident.State.OPEN else None
    row.resolved_at = now if state == Incident.State.RESOLVED else None
    row.save(update_fields=["state", "mitigated_at", "resolved_at"])
    opening.add_entry(act, row, Kind.STATE, state)
    for ticket in queries.attached_to(row):
        if state == Incident.State.OPEN:
            recording.go_on(act, ticket, MITIGATE, now)
        else:
            recording.fulfil(act, ticket, MITIGATE, now)
    act.changed(row, before={"state": before}, after={"state": state})
    return row


@action(
    "support.incident.name_error",
    permission=WORK,
    subject="incident",
    done=gettext_lazy("added an error to {label}"),
    tried=gettext_lazy("tried to add an error to {label}"),
)
def name_error(
    act: Act, *, incident: Incident, code: str = "", action: str = "", reason: str = ""
) -> Signature | None:
    """Let events with this code, action and reason belong to the incident. Empty: any.

    Refusals: VALIDATION_FAILED INVALID_INPUT if all three are empty.
    """
    error = Error(code, action, reason)
    if error.is_empty:
        message = _("Enter at least a code, an action or a reason.")
        raise ValidationFailed.at_field("code", message, reason=Reason.INVALID_INPUT)
    row = _locked(act, incident)
    values = {"code": code, "action": action, "reason": reason}
    if row.signatures.filter(**values).exists():
        act.noop(_("The incident names this error already."))
        return None
    signature = opening.add_signature(act, row, error)
    act.changed(row, before={"error": ""}, after={"error": str(signature)})
    return signature


def _locked(act: Act, incident: Incident) -> Incident:
    act.reads(incident)
    return Incident.objects.select_for_update().get(pk=incident.pk)
