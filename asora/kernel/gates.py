"""What the gates say when they stop somebody: each refusal names its rule, and what would change the answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.forms import BaseForm
from django.utils.translation import gettext as _

from asora.kernel.act import Act, Record
from asora.kernel.ladder import Outcome
from asora.kernel.refusals import AuthRequired, PermissionDenied, Reason, ValidationFailed

#: In the trail: somebody was asked to confirm who they are, before something that needs a fresh proof.
CONFIRM_FIRST = "accounts.identity.ask"


def not_signed_in(act: Act) -> AuthRequired:
    """The refusal of somebody without a session, or, when the actor names one, with one that has ended."""
    if not act.actor.session_ref:
        return AuthRequired()
    return AuthRequired(
        _("Your session has ended. Sign in again."),
        reason=Reason.SESSION_EXPIRED,
    )


def require_recent_proof(act: Act) -> None:
    """Refuse a person whose last proof of who they are is too old for what they ask.

    Refusals: AUTH_REQUIRED STEP_UP_REQUIRED.
    """
    if not act.actor.is_recently_proved:
        raise AuthRequired(
            _("This needs a fresh proof that it is you."),
            reason=Reason.STEP_UP_REQUIRED,
        )


def asked_to_confirm(
    act: Act, *, tried: str, resource: tuple[str, str, str], hubs: Iterable[int] | None
) -> Outcome:
    """What the trail is told when somebody is asked to confirm who they are: nothing was refused, and nothing done.

    `tried`: the action that waits for it.
    """
    waits = _("They confirm who they are first. Until then, nothing is done.")
    return Outcome(
        action=CONFIRM_FIRST,
        outcome="noop",
        ladder=[{"gate": "authenticated", "verdict": "passed", "actor_type": act.actor.type}],
        resource=resource,
        record=Record(facts={"for": tried}, nothing_to_do=waits),
        hubs=hubs,
    )


def lacking(act: Act, permission: str) -> PermissionDenied:
    """The refusal of somebody whose role lacks a permission: names it, the roles held, and who can help."""
    return PermissionDenied(
        _("Your role does not include the permission “%(permission)s”.") % {"permission": permission},
        details={
            "permission": permission,
            "roles": list(act.actor.roles),
        },
    )


def hub_not_granted(hub: Any) -> PermissionDenied:
    """The refusal of somebody who does not work at a hub that is known here."""
    return PermissionDenied(
        _("You do not work at hub %(hub)s.") % {"hub": hub},
        reason=Reason.HUB_NOT_GRANTED,
        details={
            "permission": "inventory.operate_hub",
            "hub": str(hub),
        },
        hubs=[hub.pk],
    )


def invalid_form(form: BaseForm) -> ValidationFailed:
    """A refusal that carries every error of a form at its field; values are never repeated."""
    fields = {
        name: [
            {"reason": (error.code or Reason.INVALID_INPUT).upper(), "message": str(message)}
            for error in errors.as_data()
            for message in error.messages
        ]
        for name, errors in form.errors.items()
    }
    first = next((entry["message"] for entries in fields.values() for entry in entries), "")
    return ValidationFailed(first or None, details={"fields": fields})
