"""What a rule raises about a value that it does not allow."""

from __future__ import annotations

from asora.kernel.refusals import Reason


class RuleBroken(ValueError):
    """A value breaks a rule. Carries a message and a reason, never the value."""

    def __init__(self, message: str, *, reason: Reason = Reason.INVALID_INPUT) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
