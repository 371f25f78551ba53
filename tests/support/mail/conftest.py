"""The desk's mail is on, with addresses of its own."""

from __future__ import annotations

from typing import Any

import pytest

from plans.models import Tenant
from support.tickets import participants
from support.tickets.models import Participant
from tests.factories.desk import open_in

SUPPORT, REPLY = "support@asora.test", "reply@asora.test"


@pytest.fixture(autouse=True)
def mail_is_on(settings: Any) -> Any:
    settings.ASORA_SUPPORT_ADDRESS, settings.ASORA_SUPPORT_REPLY_ADDRESS = SUPPORT, REPLY
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return settings


@pytest.fixture
def asker(public: Tenant) -> Participant:
    """Somebody without an account, in a ticket of Acacia that waits for them."""
    tenant = Tenant.objects.get(slug="acacia")
    ticket = open_in("waiting_customer", tenant, subject="Cannot receive", text="Why?")
    return participants.add(ticket, address="Kim@Customer.test", name="Kim Olsen")
