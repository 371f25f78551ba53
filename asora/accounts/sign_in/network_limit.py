"""A limit per network for attempts at addresses without an account. A correct password is accepted even above it.

Above the limit every wrong attempt gets the same response, also at an address that has an account. Otherwise the
response would reveal which addresses have one. For the same reason every attempt costs the same work, counted or not.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from asora.accounts.models import NetworkCount
from asora.accounts.sign_in.networks import client_address, network_of

WINDOW = timedelta(minutes=15)


def remaining(request: HttpRequest) -> timedelta | None:
    """How long the request's network will stay above its limit; None if it is not above it."""
    row = NetworkCount.objects.filter(network=network_of(client_address(request))).first()
    now = timezone.now()
    if row is None or row.limited_until is None or row.limited_until <= now:
        return None
    return row.limited_until - now


def count(request: HttpRequest, *, failures: int) -> None:
    """Count failures of the request's network: 1 for an address without an account, otherwise 0, at the same cost."""
    now = timezone.now()
    with transaction.atomic():
        NetworkCount.objects.filter(since__lt=now - 2 * WINDOW).delete()
        row, _is_new = NetworkCount.objects.select_for_update().get_or_create(
            network=network_of(client_address(request)), defaults={"limit": _limit(), "since": now}
        )
        if _is_over(row, now):
            row.failures, row.limit, row.since, row.limited_until = 0, _limit(), now, None
        if row.limited_until is None:
            row.failures += failures
            if row.failures >= row.limit:
                row.limited_until = now + WINDOW
        row.save(update_fields=["failures", "limit", "since", "limited_until"])


def _is_over(row: NetworkCount, now: datetime) -> bool:
    return (row.limited_until or row.since + WINDOW) <= now


def _limit() -> int:
    least: int = settings.ASORA_UNKNOWN_ADDRESSES_PER_NETWORK
    return least + secrets.randbelow(least + 1)
