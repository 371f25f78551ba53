"""The transitions of a ticket and its reference: pure functions, no database, no clock."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from django.utils.translation import gettext as _

from asora.kernel.refusals import Reason, ValidationFailed
from audit.events.redaction import MASK, redact

_WAITING = frozenset({"waiting_customer", "waiting_engineering", "waiting_commercial", "on_incident"})
_OPEN = frozenset({"triaged", "investigating"}) | _WAITING
_STATES = frozenset({"new", "acknowledged", "resolved", "closed"}) | _OPEN
#: State to the states that may follow. A trigger of the database has the same table.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    "new": frozenset({"acknowledged", "triaged", "closed", "duplicate"}),
    "acknowledged": frozenset({"triaged", "closed", "duplicate"}),
    **{state: (_OPEN | {"resolved", "duplicate"}) - {state} for state in sorted(_OPEN)},
    "resolved": frozenset({"closed", "triaged", "investigating", "duplicate"}),
    "closed": frozenset({"new", "triaged", "investigating", "duplicate"}),
    # Undoing a merge restores the state of before.
    "duplicate": _STATES,
}
#: Transitions of tickets without a tenant only: unwanted mail is discarded and restored.
STRAY_ONLY = frozenset({("new", "closed"), ("acknowledged", "closed"), ("closed", "new")})
#: The close reason of a ticket that was discarded. It is no way to answer a customer, so replies do not offer it.
NOT_A_REQUEST = "not_a_request"
#: The states in which the desk has nothing more to do.
FINISHED = frozenset({"resolved", "closed", "duplicate"})
#: The states before somebody has classified the ticket.
UNTRIAGED = frozenset({"new", "acknowledged"})
WAITING = _WAITING
#: The states in which the desk waits for somebody else, so that its clocks stop.
PAUSED = frozenset({"waiting_customer", "waiting_commercial"})
MAX_REASON = 500
MAX_TEXT = 20_000
#: A secret that a person names in a sentence: “password: hunter2”. The redactor of the trail looks for keys only.
_NAMED_SECRET = re.compile(
    r"(\b(?:password|passwort|kennwort|passphrase|passcode|pwd|api key|secret|access token|recovery code)s?"
    r"[\"'*_`]{0,3}\s{0,3}(?:is|=|:)[\"'*_`]{0,3}\s{0,3})(?!\[redacted\])(?=\S*(?:[\d@#$%^&+=]|!\S))\S{4,200}",
    re.IGNORECASE,
)
_REF = re.compile(r"T-(\d{1,9})\Z", re.IGNORECASE | re.ASCII)


def may_follow(state: str, after: str, *, has_tenant: bool = True) -> bool:
    """Returns True if a ticket in `state` may become `after`."""
    if has_tenant and (state, after) in STRAY_ONLY:
        return False
    return after in TRANSITIONS.get(state, frozenset())


def unclassified(*, category: str, severity: int | None, state: str) -> list[str]:
    """What is missing before a ticket is classified, in the words of its form; empty if it is."""
    lacks = {
        _("A category"): not category,
        _("A severity"): severity is None,
        _("The triage"): state in UNTRIAGED,
    }
    return [text for text, is_missing in lacks.items() if is_missing]


def close_reason(reason: str, *, category: str) -> str:
    """The reason under which a ticket of a category ends, if its reply is of `reason`.

    A plan ticket (category C) is a commercial matter: an idea that is logged, or an exception that is refused, ends
    there as a plan limit.
    """
    is_plan = category == "C" and reason in {"feature_logged", "exception_refused"}
    return "plan_constraint" if is_plan else reason


def number_of(ref: str) -> int | None:
    """The number of a reference such as T-000012; None if it is no reference."""
    found = _REF.match(ref.strip())
    return int(found[1]) if found else None


def checked_line(text: str, *, field: str, most: int = MAX_REASON) -> str:
    """One line of ordinary text, without blanks at its ends; empty if there is none.

    Refusals: VALIDATION_FAILED INVALID_INPUT at `field`, whose message never repeats the text.
    """
    line = " ".join(text.split())
    if len(line) > most:
        raise ValidationFailed.at_field(
            field, _("At most %(most)s characters.") % {"most": most}, reason=Reason.INVALID_INPUT
        )
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs"} for letter in line):
        raise ValidationFailed.at_field(
            field,
            _("Use one line of ordinary text, without control characters."),
            reason=Reason.INVALID_INPUT,
        )
    return line


def checked_text(text: str, *, field: str = "text", most: int = MAX_TEXT) -> str:
    """A text of any number of lines, without blanks at its ends. It must not be empty.

    Refusals: VALIDATION_FAILED INVALID_INPUT at `field`, whose message never repeats the text.
    """
    lines = [line.rstrip() for line in text.strip().splitlines()]
    cleaned = "\n".join(lines)
    if not cleaned:
        raise ValidationFailed.at_field(field, _("Enter a text."), reason=Reason.INVALID_INPUT)
    if len(cleaned) > most:
        raise ValidationFailed.at_field(
            field,
            _("This text is too long: write at most %(most)s characters.") % {"most": f"{most:,}"},
            reason=Reason.INVALID_INPUT,
        )
    letters = "".join(lines).replace("\t", " ")
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in letters):
        raise ValidationFailed.at_field(
            field, _("Use ordinary text, without control characters."), reason=Reason.INVALID_INPUT
        )
    return cleaned


def without_secrets(text: str) -> str:
    """A text of a person without keys, tokens, and passwords that it names (“password: …”)."""
    cleaned, _removed = redact(text)
    return _NAMED_SECRET.sub(rf"\g<1>{MASK}", cleaned)
