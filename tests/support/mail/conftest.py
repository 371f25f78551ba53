"""The desk's mail is on, with addresses of its own."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from plans.models import Tenant
from support.tickets import participants
from support.tickets.models import Participant
from tests.factories.desk import open_in
from tests.factories.people import add_person

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


@pytest.fixture
def known(asker: Participant) -> Participant:
    """The same, but their address is that of an account of Acacia."""
    with tenant_context(Tenant.objects.get(slug="acacia")):
        user = add_person("viewer", name="Kim")
        user.email, user.name = asker.address, asker.name
        user.save(update_fields=["email", "email_key", "name"])
    return asker
