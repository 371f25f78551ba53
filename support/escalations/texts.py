"""Texts that agents and engineers enter: bounded, ordinary, and without secrets."""

from __future__ import annotations

from django.utils.translation import gettext as _

from asora.kernel.refusals import Reason, ValidationFailed
from audit.disclosure import rules
from audit.events.redaction import redact


def required(field: str, text: str, *, most: int) -> str:
    """The text as it is stored. Refusals: VALIDATION_FAILED INVALID_INPUT at `field`, also for an empty text."""
    found = optional(field, text, most=most)
    if not found:
        raise ValidationFailed.at_field(field, _("Enter a text."), reason=Reason.INVALID_INPUT)
    return found


def optional(field: str, text: str, *, most: int) -> str:
    """The text as it is stored, without passwords and keys. Refusals: VALIDATION_FAILED INVALID_INPUT at `field`."""
    try:
        return redact(rules.statement(text, most=most))[0]
    except ValueError as error:
        raise ValidationFailed.at_field(field, error, reason=Reason.INVALID_INPUT) from error
