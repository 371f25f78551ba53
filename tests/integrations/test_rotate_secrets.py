"""Signing secrets: shown once, encrypted for their row, and two of them for a day after a rotation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from asora.kernel.act import Act
from asora.kernel.refusals import Reason, StateConflict
from asora.kernel.secrets import Unreadable
from audit.events.models import Event
from integrations.endpoints import actions
from integrations.endpoints.models import Endpoint, EndpointSecret
from integrations.endpoints.secrets import OVERLAP, signing_secrets
from integrations.signatures.secrets import decoded
from plans.models import Tenant
from tests.factories.endpoints import make_endpoint, make_with_secret
from tests.refusals import refused

Acts = Callable[..., Act]


@pytest.fixture
def age(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """`age(timedelta(hours=1))`: from now on, secrets that existed are an hour older."""

    def make_older(by: timedelta) -> None:
        for row in EndpointSecret.objects.all():
            row.created_at -= by
            row.expires_at = row.expires_at and row.expires_at - by
            row.save(update_fields=["created_at", "expires_at"])

    return make_older


def test_both_secrets_sign_for_a_day_newest_first(acacia: Tenant, act_as: Acts, age: Any) -> None:
    made = make_with_secret(act_as("owner"))
    assert signing_secrets(made.endpoint) == [decoded(made.secret)]
    age(timedelta(days=30))
    rotated = actions.rotate_secret(act_as("owner"), endpoint=made.endpoint)
    assert signing_secrets(made.endpoint) == [decoded(rotated.secret), decoded(made.secret)]
    age(OVERLAP - timedelta(minutes=1))
    assert len(signing_secrets(made.endpoint)) == 2
    age(timedelta(minutes=2))
    assert signing_secrets(made.endpoint) == [decoded(rotated.secret)]


def test_a_second_rotation_shortens_nobodys_day(acacia: Tenant, act_as: Acts, age: Any) -> None:
    made = make_with_secret(act_as("owner"))
    second = actions.rotate_secret(act_as("owner"), endpoint=made.endpoint)
    age(timedelta(hours=12))
    third = actions.rotate_secret(act_as("owner"), endpoint=made.endpoint)
    assert signing_secrets(made.endpoint) == [decoded(each.secret) for each in (third, second, made)]
    age(timedelta(hours=13))
    assert signing_secrets(made.endpoint) == [decoded(each.secret) for each in (third, second)]
    actions.rotate_secret(act_as("owner"), endpoint=made.endpoint)
    assert EndpointSecret.objects.count() == 3, "what no longer signs is destroyed by the next rotation"


def test_older_secrets_can_be_ended_at_once(acacia: Tenant, act_as: Acts) -> None:
    made = make_with_secret(act_as("owner"))
    refused(
        StateConflict,
        Reason.NOT_ACTIVE,
        lambda: actions.end_older_secrets(act_as("owner"), endpoint=made.endpoint),
    )
    rotated = actions.rotate_secret(act_as("owner"), endpoint=made.endpoint)
    assert actions.end_older_secrets(act_as("owner"), endpoint=made.endpoint) == 1
    assert signing_secrets(made.endpoint) == [decoded(rotated.secret)]


def test_a_secret_is_in_no_event_and_in_no_column_as_text(acacia: Tenant, act_as: Acts) -> None:
    made = make_with_secret(act_as("owner"))
    rotated = actions.rotate_secret(act_as("owner"), endpoint=made.endpoint)
    recorded = str([event.__dict__ for event in Event.objects.all()])
    for secret in (made.secret, rotated.secret):
        assert secret.removeprefix("whsec_") not in recorded
        assert secret not in repr(made) + repr(rotated)
        for row in EndpointSecret.objects.all():
            assert decoded(secret) not in bytes(row.sealed)
            assert secret.encode() not in bytes(row.sealed)


def test_a_secret_cannot_be_read_in_another_row_or_another_tenant(
    acacia: Tenant, birch: Tenant, act_as: Acts
) -> None:
    first = make_endpoint(act_as("owner"), name="First")
    second = make_endpoint(act_as("owner"), name="Second")
    stolen = bytes(first.secrets.get().sealed)
    EndpointSecret.objects.filter(endpoint=second).update(sealed=stolen)
    with pytest.raises(Unreadable):
        signing_secrets(second)
    key = first.secrets.get().pk
    connection.set_tenant(birch)
    other = Endpoint.objects.create(
        name="Other", url="https://example.com/", event_types=["x"], all_hubs=True, maker="nobody"
    )
    EndpointSecret.objects.create(id=key, endpoint=other, sealed=stolen, created_at=timezone.now())
    with pytest.raises(Unreadable):
        signing_secrets(other)
