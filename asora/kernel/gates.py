"""What the gates say when they stop somebody: each refusal names its rule, and what would change the answer."""

from __future__ import annotations

from typing import Any, cast

from django.forms import BaseForm
from django.utils.translation import gettext as _

from asora.kernel.act import Act
from asora.kernel.refusals import AuthRequired, PermissionDenied, Reason, ValidationFailed


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
            details={"remedy": _("Confirm with your password or a code; then go on.")},
        )


def lacking(act: Act, permission: str) -> PermissionDenied:
    """The refusal of somebody whose role lacks a permission: names it, the roles held, and who can help."""
    return PermissionDenied(
        _("Your role does not include the permission “%(permission)s”.") % {"permission": permission},
        details={
            "permission": permission,
            "roles": list(act.actor.roles),
            "remedy": _("Whoever manages people here can give you a role that includes it."),
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
            "remedy": _("Whoever manages people here can grant you this hub."),
        },
        hubs=[hub.pk],
    )


def invalid_form(form: BaseForm) -> ValidationFailed:
    """A refusal that carries every error of a form at its field; values are never repeated."""
    described = getattr(form, "refusal", None)
    if described is not None:
        return cast(ValidationFailed, described())
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
