"""What a code is worth: pure functions, no database, no clock."""

from __future__ import annotations

import re

from pyotp import TOTP
from pyotp.utils import strings_equal

#: Seconds that one code of an authenticator app is shown for (RFC 6238).
STEP_SECONDS = 30
#: Steps that a clock may be ahead or behind.
DRIFT = 1
RECOVERY_CODES = 10
# Crockford's alphabet: what looks alike is the same.
_ALIKE = str.maketrans({"o": "0", "i": "1", "l": "1"})
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212]+")


def plain_code(typed: str) -> str:
    """What somebody typed, without the spaces, hyphens and capitals that people add."""
    return _SEPARATORS.sub("", typed).lower()


def is_app_code(code: str) -> bool:
    """Whether it has the shape of a code from an app, and not of one from paper."""
    return len(code) == 6 and code.isascii() and code.isdigit()


def matching_step(secret: str, code: str, *, now: float, after: int) -> int | None:
    """The time step whose code this is, if it is current and later than the step `after`, which was used last."""
    current = int(now) // STEP_SECONDS
    app = TOTP(secret, interval=STEP_SECONDS)
    for step in range(current - DRIFT, current + DRIFT + 1):
        if step > after and strings_equal(app.generate_otp(step), code):
            return step
    return None


def recovery_code(typed: str) -> str:
    """A recovery code as it is digested: O is 0, I and L are 1."""
    return plain_code(typed).translate(_ALIKE)
