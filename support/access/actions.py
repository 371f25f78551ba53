"""An agent's access to one tenant: request it, start it once the tenant has approved, and end it.

Public rows only. What the tenant decides is read in its own schema before the transaction; it is read again at every
look, so a decision in between is not missed.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel import binding, keys, locks
from asora.kernel.act import Act
from asora.kernel.action import BY_DERIVE, action
from asora.kernel.erasure import register_eraser
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from plans.grants import require_managed
from plans.models import Tenant
from support.access import queries, rules
from support.access.models import AccessSession

WORK_DESK = Permission.SUPPORT_WORK_DESK


def _decided(act: Act, *, tenant: Tenant, **_values: object) -> queries.Decided:
    """What the tenant has decided about the agent's latest sessions there."""
    require_managed(act, tenant)
    recent = queries.sessions_of(act, tenant=tenant)[: queries.MAX_SHOWN]
    return queries.decided_by(tenant, [session.pk for session in recent])


def _decided_on(act: Act, *, session: AccessSession, **_values: object) -> queries.Decided:
    """What the tenant has decided about one session."""
    return queries.decided_by(session.tenant, [session.pk])


@action(
    "support.access.request",
    permission=WORK_DESK,
    subject="tenant",
    derive=_decided,
    done=gettext_lazy("requested access to this tenant ({label})"),
    tried=gettext_lazy("tried to get access to a tenant"),
)
def request_access(
    act: Act,
    *,
    tenant: Tenant,
    ticket: str = "",
    reason: str = "",
    minutes: int,
    derived: queries.Decided = BY_DERIVE,
) -> AccessSession:
    """Request access to a tenant for some minutes. It opens at once, unless the tenant requires approval.

    Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED; VALIDATION_FAILED INVALID_INPUT; STATE_CONFLICT ACCESS_ALREADY_OPEN.
    """
    require_managed(act, tenant)
    ticket, reason = (
        _checked("ticket", ticket, rules.MAX_TICKET),
        _checked("reason", reason, rules.MAX_REASON),
    )
    if not ticket and not reason:
        message = _("Enter a ticket or a reason. The tenant can read both.")
        raise ValidationFailed.at_field("reason", message, reason=Reason.INVALID_INPUT)
    if minutes not in range(1, rules.MAX_MINUTES + 1):
        message = _("A session lasts at most %(most)s minutes.") % {"most": rules.MAX_MINUTES}
        raise ValidationFailed.at_field("minutes", message, reason=Reason.INVALID_INPUT)
    if not Tenant.objects.reachable().filter(pk=tenant.pk).exists():
        raise ValidationFailed(_("This tenant is not open yet, so there is nothing to look at."))
    _require_none_live(act, tenant, derived)
    now = timezone.now()
    session = AccessSession(
        tenant=tenant,
        agent=act.actor.ref,
        ticket=ticket,
        reason=reason,
        reason_length=len(reason),
        minutes=minutes,
        requested_at=now,
        request_id=act.request_id,
    )
    if not derived.needs_approval:
        session.opened_at, session.expires_at = now, now + timedelta(minutes=minutes)
    session.save(force_insert=True)
    act.found(
        ticket=ticket, reason_length=len(reason), minutes=minutes, needs_approval=derived.needs_approval,
        **_expiry(session),
    )  # fmt: skip
    act.changed(session, after={"tenant": tenant.slug, "ticket": ticket, "minutes": minutes})
    return session


@action(
    "support.access.start",
    permission=WORK_DESK,
    subject="session",
    derive=_decided_on,
    done=gettext_lazy("started the approved access ({label})"),
    tried=gettext_lazy("tried to start access ({label})"),
)
def start_access(act: Act, *, session: AccessSession, derived: queries.Decided = BY_DERIVE) -> AccessSession:
    """Start a session that waited for the tenant's approval. Its minutes count from now.

    Refusals: PERMISSION_DENIED TENANT_NOT_GRANTED, ACCESS_NOT_OPEN (somebody else's, or not approved).
    """
    row = _locked(act, session)
    require_managed(act, row.tenant)
    state = queries.state_of(row, derived)
    if state == "open":
        act.noop(_("This session is already open."))
        return row
    if state != "ready":
        raise not_open(state)
    row.opened_at = timezone.now()
    row.expires_at = row.opened_at + timedelta(minutes=row.minutes)
    row.save(update_fields=["opened_at", "expires_at"])
    act.found(ticket=row.ticket, minutes=row.minutes, **_expiry(row))
    act.changed(row, before={"opened_at": None}, after={"opened_at": row.opened_at})
    return row


@action(
    "support.access.end",
    permission=WORK_DESK,
    subject="session",
    done=gettext_lazy("ended access to this tenant ({label})"),
    tried=gettext_lazy("tried to end access ({label})"),
)
def end_access(act: Act, *, session: AccessSession) -> AccessSession:
    """End a session, or withdraw a request. Requests in progress stop.

    Refusals: PERMISSION_DENIED ACCESS_NOT_OPEN for somebody else's session.
    """
    row = _locked(act, session)
    if row.ended_at is not None:
        act.noop(_("This session has already ended."))
        return row
    row.ended_at = timezone.now()
    row.save(update_fields=["ended_at"])
    act.found(ticket=row.ticket)
    act.changed(row, before={"ended_at": None}, after={"ended_at": row.ended_at})
    return row


def not_open(state: str) -> PermissionDenied:
    """The refusal to look into a tenant without an open session. `state`: that of the agent's newest session, or ""."""
    messages = {
        "waiting": _("The tenant has not approved this session yet."),
        "ready": _("This session has been approved, but you have not started it yet."),
        "ended": _("This access session has ended."),
        "expired": _("This access session has expired."),
        "lapsed": _("This request has lapsed, because nobody started it within a day."),
        "refused": _("The tenant has refused this session."),
        "revoked": _("The tenant has revoked this session."),
    }
    return PermissionDenied(
        messages.get(state, _("You have no open access session for this tenant.")),
        reason=Reason.ACCESS_NOT_OPEN,
        details={
            "permission": WORK_DESK,
            "state": state,
            "missing": [_("An open access session for this tenant.")],
        },
    )


def _require_none_live(act: Act, tenant: Tenant, decided: queries.Decided) -> None:
    """Refuse a second session while one is open or waits. Two requests at the same moment wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s)", [locks.key("access", f"{act.actor.ref}:{tenant.pk}")]
        )
    act.reads(keys.grant(act.actor.ref, tenant.pk))
    for session in queries.sessions_of(act, tenant=tenant)[: queries.MAX_SHOWN]:
        act.reads(session)
        state = queries.state_of(session, decided)
        if state in rules.LIVE:
            raise StateConflict(
                _("You already have a session for this tenant."),
                reason=Reason.ACCESS_ALREADY_OPEN,
                details={"state": state},
            )


def _locked(act: Act, session: AccessSession) -> AccessSession:
    row = AccessSession.objects.select_for_update().filter(pk=session.pk, agent=act.actor.ref).first()
    act.reads(session)
    if row is None:
        raise not_open("")
    return row


def empty_reasons(agent: str) -> int:
    """Empty the reasons that an erased agent wrote; returns their number. Agents exist on the public host only."""
    if binding.schema_name() != binding.PUBLIC:
        return 0
    return AccessSession.objects.filter(agent=agent).exclude(reason="").update(reason="")


register_eraser("access_reasons", empty_reasons)


def _expiry(session: AccessSession) -> dict[str, str]:
    return {"expires_at": session.expires_at.isoformat()} if session.expires_at else {}


def _checked(field: str, text: str, most: int) -> str:
    try:
        return rules.one_line(text, most=most)
    except rules.RuleBroken as broken:
        raise ValidationFailed.at_field(field, broken, reason=Reason.INVALID_INPUT) from broken
