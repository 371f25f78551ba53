"""An authenticator app in a test: its secret, what it shows, and people who have one."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pyotp
import time_machine
from django.utils import timezone

from asora.accounts.second_factor.actions.second_factors import set_up_second_factor
from plans.models import Tenant
from tests.factories.people import act_of

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(*, steps: int = 0, secret: str = SECRET) -> str:
    """What the app shows now, or so many steps from now."""
    return pyotp.TOTP(secret).at(time.time() + 30 * steps)


def set_up_app(user: Any, tenant: Tenant) -> list[str]:
    """Set up an app an hour ago; returns the recovery codes."""
    with time_machine.travel(timezone.now() - timedelta(hours=1)):
        return set_up_second_factor(act_of(user, tenant), secret=SECRET, one_time_code=code())
