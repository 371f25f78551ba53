"""What a tenant decides about access by support: whether it needs approval, and each session."""

from __future__ import annotations

from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import binding, keys, locks
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict
from audit.disclosure import sessions
from audit.disclosure.models import AccessDecision, AccessPolicy
from audit.disclosure.queries import requires_approval
from audit.disclosure.rules import MAX_REASON
from audit.disclosure.sessions import AccessSession
from audit.disclosure.statements import stated

MANAGE = Permission.AUDIT_MANAGE_SUPPORT_ACCESS
#: The key of the setting that support needs approval.
APPROVAL = keys.setting("support_approval")
Verdict = AccessDecision.Verdict


@action(
    "audit.access.require",
    permission=MANAGE,
    step_up=True,
    while_frozen=True,
    done=gettext_lazy("changed whether support needs approval"),
    tried=gettext_lazy("tried to change whether support needs approval"),
)
def change_requirement(act: Act, *, required: bool, seen: bool) -> AccessPolicy | None:
    """Require an approval for each access session of support, or no longer; `seen`: the setting that the form showed.

    Sessions that are open and not approved are suspended until somebody approves them. Refusals: STATE_CONFLICT
    STALE_FORM.
    """
    _lock("approval")
    act.reads(APPROVAL)
    current = requires_approval()
    if current != seen:
        raise StateConflict(
            _("Somebody has changed this setting since you opened the form."),
            reason=Reason.STALE_FORM,
            details={"remedy": _("Open the form again to see the current setting.")},
        )
    if current == required:
        act.noop("no difference")
        return None
    row = AccessPolicy(requires_approval=required, decided_by=act.actor.ref, request_id=act.request_id)
    row.save()
    act.touched(APPROVAL)
    act.changed(row, before={"requires_approval": current}, after={"requires_approval": required})
    return row


@action(
    "audit.access.approve",
    permission=MANAGE,
    subject="session",
    step_up=True,
    while_frozen=True,
    done=gettext_lazy("approved access by support: {label}"),
    tried=gettext_lazy("tried to approve access by support: {label}"),
)
def approve_access(act: Act, *, session: UUID) -> AccessDecision:
    """Let the agent of a session look. Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD; STATE_CONFLICT REQUEST_CLOSED."""
    found = _locked(act, session)
    if not found.may_be_answered:
        raise _closed(found)
    return _decide(act, found, Verdict.APPROVED)


@action(
    "audit.access.refuse",
    permission=MANAGE,
    subject="session",
    while_frozen=True,
    done=gettext_lazy("refused access by support: {label}"),
    tried=gettext_lazy("tried to refuse access by support: {label}"),
)
def refuse_access(act: Act, *, session: UUID, reason: str = "") -> AccessDecision:
    """Refuse a session for good. `reason`: for the agent, may be empty.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD; STATE_CONFLICT REQUEST_CLOSED; VALIDATION_FAILED INVALID_INPUT.
    """
    found = _locked(act, session)
    if not found.may_be_answered:
        raise _closed(found)
    return _decide(act, found, Verdict.REFUSED, reason)


@action(
    "audit.access.revoke",
    permission=MANAGE,
    subject="session",
    while_frozen=True,
    done=gettext_lazy("revoked access by support: {label}"),
    tried=gettext_lazy("tried to revoke access by support: {label}"),
)
def revoke_access(act: Act, *, session: UUID, reason: str = "") -> AccessDecision:
    """End a session at once, also in the middle of a page or a file. `reason`: for the agent, may be empty.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD; STATE_CONFLICT REQUEST_CLOSED; VALIDATION_FAILED INVALID_INPUT.
    """
    found = _locked(act, session)
    if not found.may_be_revoked:
        raise _closed(found)
    return _decide(act, found, Verdict.REVOKED, reason)


def _locked(act: Act, session: UUID) -> AccessSession:
    """The session, while nobody else can decide about it."""
    _lock(session)
    act.reads(keys.access(session), APPROVAL)
    found = sessions.find(session)
    if found is None:
        raise RouteNotFound(_("Support has not asked for this access."), reason=Reason.NO_SUCH_RECORD)
    return found


def _decide(act: Act, session: AccessSession, verdict: Verdict, reason: str = "") -> AccessDecision:
    statement = stated(act, reason, field="reason", most=MAX_REASON)
    if statement is not None:
        statement.save()
    row = AccessDecision(
        session=session.id,
        verdict=verdict,
        decided_by=act.actor.ref,
        request_id=act.request_id,
        reason=statement,
    )
    row.save()
    act.touched(keys.access(session.id))
    length = {"reason_length": statement.length} if statement else {}
    act.changed(row, before={"state": session.state.value}, after={"verdict": verdict.value, **length})
    return row


def _closed(session: AccessSession) -> StateConflict:
    """The refusal of a decision about a session in this state."""
    if session.may_be_answered:
        return StateConflict(
            _("This access is waiting for an answer: approve or refuse it."), reason=Reason.REQUEST_CLOSED
        )
    return StateConflict(
        _("This access is no longer waiting for a decision."),
        reason=Reason.REQUEST_CLOSED,
        details={"state": session.state.value, "remedy": _("Open its page to see its current state.")},
    )


def _lock(subject: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s)", [locks.key("access", f"{binding.schema_name()}:{subject}")]
        )
