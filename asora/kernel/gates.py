"""The refusals of the gates. Each one has its rule, and the remedy that would change the answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act, Record
from asora.kernel.ladder import Outcome
from asora.kernel.permissions import Asked, Permission
from asora.kernel.refusals import AuthRequired, PermissionDenied, Reason, ValidationFailed
from asora.kernel.words import register_sentence

#: The event of a person being asked to confirm their identity, before an action that requires recent proof.
CONFIRM_FIRST = "accounts.identity.ask"
register_sentence(
    CONFIRM_FIRST,
    done=gettext_lazy("was asked to confirm their identity"),
    tried=gettext_lazy("could not be asked to confirm their identity"),
)


def not_signed_in(act: Act) -> AuthRequired:
    """The refusal of a person without a session, or with a session that has ended."""
    if not act.actor.session_ref:
        return AuthRequired()
    return AuthRequired(
        _("Your session has ended. Sign in again."),
        reason=Reason.SESSION_EXPIRED,
    )


def require_recent_proof(act: Act) -> None:
    """Refuse a person who has not confirmed their identity recently.

    Refusals: AUTH_REQUIRED STEP_UP_REQUIRED.
    """
    if not act.actor.is_recently_proved:
        raise AuthRequired(
            _("Confirm your identity before you continue."),
            reason=Reason.STEP_UP_REQUIRED,
        )


def asked_to_confirm(
    act: Act, *, tried: str, resource: tuple[str, str, str], hubs: Iterable[int] | None
) -> Outcome:
    """The outcome when a person is asked to confirm their identity: nothing was refused and nothing was done.

    `tried`: the action that waits for the confirmation.
    """
    waits = _("The person was asked to confirm their identity first. Nothing was done yet.")
    return Outcome(
        action=CONFIRM_FIRST,
        outcome="noop",
        ladder=[{"gate": "authenticated", "verdict": "passed", "actor_type": act.actor.type}],
        resource=resource,
        record=Record(facts={"for": tried}, nothing_to_do=waits),
        hubs=hubs,
    )


def lacking(act: Act, permission: Asked) -> PermissionDenied:
    """The refusal of a person whose role lacks a permission. Names the permission and the person's roles."""
    return PermissionDenied(
        _("Your role does not include the permission “%(permission)s”.") % {"permission": permission},
        details={
            "permission": permission,
            "roles": list(act.actor.roles),
        },
    )


def hub_not_granted(hub: Any) -> PermissionDenied:
    """The refusal of a person who does not work at an existing hub."""
    return PermissionDenied(
        _("You do not work at hub %(hub)s.") % {"hub": hub},
        reason=Reason.HUB_NOT_GRANTED,
        details={
            "permission": Permission.INVENTORY_OPERATE_HUB,
            "hub": str(hub),
        },
        hubs=[hub.pk],
    )


def invalid_form(form: BaseForm) -> ValidationFailed:
    """A refusal with every error of a form at its field. Values are never repeated."""
    fields = {
        name: [
            {"reason": (error.code or Reason.INVALID_INPUT).upper(), "message": str(message)}
            for error in errors.as_data()
            for message in _messages(error)
        ]
        for name, errors in form.errors.items()
    }
    first = next((entry["message"] for entries in fields.values() for entry in entries), "")
    return ValidationFailed(first or None, details={"fields": fields})


def _messages(error: ValidationError) -> list[str]:
    """The messages of one error. Django's own messages repeat the refused value, and events are never deleted."""
    if "%(value)s" in str(error.message):
        return [
            _("Choose one of the options.") if error.code == "invalid_choice" else _("This is not valid.")
        ]
    return list(error.messages)
