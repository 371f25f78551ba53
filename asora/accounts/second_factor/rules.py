"""Checking one-time codes and recovery codes: pure functions, no database, no clock."""

from __future__ import annotations

import re

from pyotp import TOTP
from pyotp.utils import strings_equal

#: How many seconds an authenticator app shows one code (RFC 6238).
STEP_SECONDS = 30
#: How many steps a phone's clock may be ahead or behind.
DRIFT = 1
RECOVERY_CODES = 10
# Crockford's alphabet: characters that look alike are the same.
_ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1"})
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212]+")


def plain_code(typed: str) -> str:
    """The typed code in lower case, without spaces and hyphens."""
    return _SEPARATORS.sub("", typed).lower()


def is_app_code(code: str) -> bool:
    """Return True if the code looks like one from an authenticator app, not like a recovery code."""
    return len(code) == 6 and code.isascii() and code.isdigit()


def matching_step(secret: str, code: str, *, now: float, after: int) -> int | None:
    """The time step of a valid code. A valid code is current and later than `after`, the step that was used last."""
    current = int(now) // STEP_SECONDS
    app = TOTP(secret, interval=STEP_SECONDS)
    for step in range(current - DRIFT, current + DRIFT + 1):
        if step > after and strings_equal(app.generate_otp(step), code):
            return step
    return None


def recovery_code(typed: str) -> str:
    """The form of a recovery code that is digested: O is 0, I and L are 1."""
    return plain_code(typed).translate(_ALIKE)
