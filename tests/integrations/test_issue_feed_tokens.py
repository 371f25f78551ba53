"""Feed tokens: issued and shown once, rotated, revoked; recorded without the token; guarded by the database."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from guardian.shortcuts import assign_perm

from asora.kernel.refusals import AuthRequired, PermissionDenied, Reason, RouteNotFound, StateConflict
from audit.events.models import Event
from integrations.endpoints.models import Endpoint
from integrations.feed import tokens
from integrations.feed.actions import issue_token, revoke_token, rotate_token
from integrations.feed.models import FeedToken
from tests.factories.feeds import issue, row_of
from tests.factories.payloads import make_endpoint_row
from tests.factories.people import add_person
from tests.kernel.example_action import freeze


@pytest.fixture
def endpoint(acacia: Any, act_as: Any) -> Endpoint:
    return make_endpoint_row(maker=act_as("owner").actor.ref)


def rows() -> list[dict[str, Any]]:
    return list(FeedToken.objects.order_by("pk").values())


def test_a_token_has_a_mark_and_a_checksum() -> None:
    made = {tokens.generate() for _ in range(200)}
    assert len(made) == 200
    for token in made:
        assert token.startswith("asora_feed_")
        assert len(token) == 49
        assert tokens.is_token(token)
        assert tokens.prefix(token) == token[:16]
        for place in (12, 30, 48):
            other = "x" if token[place] != "x" else "y"
            assert not tokens.is_token(token[:place] + other + token[place + 1 :])
    assert not tokens.is_token("")
    assert tokens.of_header("bearer  " + token) == token, "the scheme's case does not matter"


def test_a_token_is_stored_as_a_digest_and_recorded_without_itself(endpoint, act_as, events):
    token = issue(act_as("owner"), endpoint)
    row = row_of(token)
    assert row.digest == tokens.digest(token)
    assert row.issued_by == act_as("owner").actor.ref
    [event] = events(action="integrations.feed.issue_token")
    assert event.resource_label == row.prefix
    assert event.changes[0]["after"] == {"endpoint": endpoint.name, "prefix": row.prefix}
    stored = json.dumps([*rows(), *Event.objects.values()], default=str)
    assert token not in stored
    assert token[16:43] not in stored


def test_an_endpoint_has_one_lasting_token(endpoint, act_as):
    issue(act_as("owner"), endpoint)
    before = rows()
    with pytest.raises(StateConflict) as caught:
        issue(act_as("owner"), endpoint)
    assert caught.value.reason is Reason.ALREADY_ACTIVE
    assert "Rotate" in caught.value.details["remedy"]
    assert rows() == before


def test_a_rotation_issues_another_and_says_when_the_old_one_ends(endpoint, act_as, events):
    old = issue(act_as("owner"), endpoint)
    new = rotate_token(act_as("owner"), feed_token=row_of(old))
    assert new != old
    assert row_of(new).expires_at is None
    [event] = events(action="integrations.feed.rotate_token")
    assert event.resource_label == old[:16]
    assert [change["id"] for change in event.changes] == [str(row_of(new).pk), str(row_of(old).pk)]
    assert event.changes[1]["after"]["expires_at"]
    with pytest.raises(StateConflict) as caught:
        rotate_token(act_as("owner"), feed_token=row_of(old))
    assert caught.value.reason is Reason.NOT_ACTIVE


def test_a_revoked_token_stays_revoked_and_makes_room(endpoint, act_as, events):
    first = issue(act_as("owner"), endpoint)
    revoke_token(act_as("owner"), feed_token=row_of(first))
    assert row_of(first).state_at(timezone.now()) == "revoked"
    assert len(events(action="integrations.feed.revoke_token", outcome="allowed")) == 1
    for change in (revoke_token, rotate_token):
        with pytest.raises(StateConflict) as caught:
            change(act_as("owner"), feed_token=row_of(first))
        assert caught.value.reason is Reason.NOT_ACTIVE
    issue(act_as("owner"), endpoint)


def test_the_old_token_can_be_revoked_before_its_end(endpoint, act_as):
    old = issue(act_as("owner"), endpoint)
    rotate_token(act_as("owner"), feed_token=row_of(old))
    assert row_of(old).state_at(timezone.now()) == "ending"
    revoke_token(act_as("owner"), feed_token=row_of(old))
    assert row_of(old).state_at(timezone.now()) == "revoked"


@pytest.mark.parametrize("who", ["manager", "viewer"])
def test_it_refuses_people_who_do_not_set_up_integrations(endpoint, act_as, who):
    row = row_of(issue(act_as("owner"), endpoint))
    before = rows()
    for work in (
        lambda act: issue_token(act, endpoint=endpoint),
        lambda act: rotate_token(act, feed_token=row),
        lambda act: revoke_token(act, feed_token=row),
    ):
        with pytest.raises(PermissionDenied):
            work(act_as(who))
    with pytest.raises(AuthRequired):
        issue_token(act_as("outsider"), endpoint=endpoint)
    assert rows() == before


def test_it_refuses_an_owner_who_may_not_see_all_that_the_endpoint_receives(master_data, act_as):
    endpoint = make_endpoint_row()
    row = row_of(issue(act_as("owner"), endpoint))
    limited = add_person("owner", name="limited", all_hubs=False)
    assign_perm("operate_hub", limited, master_data.north)
    before = rows()
    for work in (
        lambda act: issue_token(act, endpoint=endpoint),
        lambda act: rotate_token(act, feed_token=row),
    ):
        with pytest.raises(PermissionDenied) as caught:
            work(act_as(user=limited))
        assert caught.value.reason is Reason.HUB_NOT_GRANTED
    assert rows() == before
    revoke_token(act_as(user=limited), feed_token=row)


def test_a_removed_endpoint_gets_no_token(endpoint, act_as):
    row = row_of(issue(act_as("owner"), endpoint))
    Endpoint.objects.filter(pk=endpoint.pk).update(is_enabled=False, removed_at=timezone.now())
    with pytest.raises(RouteNotFound):
        issue_token(act_as("owner"), endpoint=endpoint)
    with pytest.raises(RouteNotFound):
        rotate_token(act_as("owner"), feed_token=row)
    revoke_token(act_as("owner"), feed_token=row)


def test_in_a_freeze_a_token_can_be_rotated_and_revoked_but_none_issued(endpoint, act_as, acacia):
    other = make_endpoint_row("Another")
    token = issue(act_as("owner"), endpoint)
    freeze(acacia)
    new = rotate_token(act_as("owner"), feed_token=row_of(token))
    revoke_token(act_as("owner"), feed_token=row_of(new))
    with pytest.raises(StateConflict) as caught:
        issue_token(act_as("owner"), endpoint=other)
    assert caught.value.reason is Reason.FREEZE_ACTIVE


STATEMENTS = {
    "another digest": "UPDATE integrations_feedtoken SET digest = 'x'",
    "another endpoint": "UPDATE integrations_feedtoken SET endpoint_id = gen_random_uuid()",
    "a later end": "UPDATE integrations_feedtoken SET expires_at = expires_at + interval '1 day'",
    "no end": "UPDATE integrations_feedtoken SET expires_at = NULL WHERE expires_at IS NOT NULL",
    "no revocation": "UPDATE integrations_feedtoken SET revoked_at = NULL",
    "deleted": "DELETE FROM integrations_feedtoken",
    "emptied": "TRUNCATE integrations_feedtoken CASCADE",
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_the_database_lets_a_token_only_end(endpoint, act_as, statement):
    old = issue(act_as("owner"), endpoint)
    rotate_token(act_as("owner"), feed_token=row_of(old))
    revoke_token(act_as("owner"), feed_token=row_of(old))
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_database_lets_an_endpoint_have_only_one_lasting_token(endpoint):
    FeedToken.objects.create(endpoint=endpoint, prefix="a", digest="a", issued_by="u")
    with pytest.raises(IntegrityError), transaction.atomic():
        FeedToken.objects.create(endpoint=endpoint, prefix="b", digest="b", issued_by="u")
