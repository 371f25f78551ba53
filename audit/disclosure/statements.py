"""Reads what a person wrote, checked and without secrets."""

from __future__ import annotations

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, ValidationFailed
from audit.disclosure import rules
from audit.disclosure.models import Statement
from audit.events.redaction import redact


def stated(act: Act, text: str, *, field: str, most: int) -> Statement | None:
    """A new statement of the actor, not saved; None if the text is empty. Passwords and keys in it are removed.

    Refusals: VALIDATION_FAILED INVALID_INPUT at `field` for a text that is too long or not ordinary text.
    """
    try:
        checked = rules.statement(text, most=most)
    except ValueError as error:
        raise ValidationFailed.at_field(field, error, reason=Reason.INVALID_INPUT) from error
    cleaned, _removed = redact(checked)
    return Statement(author=act.actor.ref, text=cleaned, length=len(cleaned)) if cleaned else None
