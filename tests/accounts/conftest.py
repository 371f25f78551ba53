"""Fixtures of the tests of accounts."""

from __future__ import annotations

import pytest
from django.db import connection

from asora.accounts.models import (
    User,
)
from asora.accounts.people.actions.invitations import (
    invite,
)
from asora.accounts.people.mail import send_invitation
from inventory.models import Hub
from tests.accounts.sign_in_form import typed
from tests.factories.authenticator_apps import set_up_app
from tests.factories.invitations import ADA, link_in
from tests.factories.people import person


@pytest.fixture
def hubs(acacia):
    return [Hub.objects.create(code=code, name=code.title()) for code in ("NORTH", "SOUTH", "WEST")]


@pytest.fixture
def invited(acacia, act_as, mailoutbox):
    """`invited()`: Ada has been invited by e-mail; returns the invitation and the path of her link."""

    def make(**values):
        row = invite(act_as("owner"), **ADA | values)
        assert send_invitation(connection.tenant, row)
        return row, link_in(mailoutbox[-1])

    return make


@pytest.fixture
def manager(acacia):
    """The manager of Acacia, with an authenticator app."""
    user = person("manager", acacia)
    user.codes = set_up_app(user, acacia)
    return user


@pytest.fixture
def waiting(acacia, manager, client_as):
    """The manager's browser between password and code."""
    client = client_as()
    client.post("/sign-in/", typed(next="/vendors/?q=a"))
    return client


@pytest.fixture
def deactivated(acacia) -> User:
    user = person("manager", acacia)
    user.is_active = False
    user.save(update_fields=["is_active"])
    return user
