"""Reading the feed with a token: the same payloads in the same order, and refusals that programs can read."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from guardian.shortcuts import assign_perm

from asora.accounts.people.actions.people import change_role
from integrations.endpoints.actions import disable_endpoint, enable_endpoint
from integrations.endpoints.models import Endpoint
from integrations.feed import queries, tokens
from integrations.feed.actions import revoke_token, rotate_token
from integrations.feed.models import FeedDay, FeedToken
from integrations.outbox.models import EndpointNumber, Payload
from tests.factories.feeds import FEED, issue, poll, row_of
from tests.factories.payloads import make_endpoint_row, numbers_in, queue_payloads
from tests.factories.people import add_person
from tests.kernel.example_action import freeze


@pytest.fixture
def endpoint(acacia: Any, act_as: Any) -> Endpoint:
    return make_endpoint_row(maker=act_as("owner").actor.ref)


@pytest.fixture
def token(endpoint: Endpoint, act_as: Any) -> str:
    return issue(act_as("owner"), endpoint)


def numbers(response: Any) -> list[int]:
    assert response.status_code == 200, response.content
    return numbers_in(response.content.splitlines())


def refused(response: Any) -> tuple[int, str, str]:
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert body["requestId"] == response["X-Request-ID"]
    assert body["details"]["remedy"]
    return response.status_code, body["code"], body["reason"]


def test_payloads_come_in_order_with_the_bytes_that_a_dispatch_sends(endpoint, token, client_as):
    queue_payloads(endpoint, 3)
    response = poll(client_as(), token)
    stored = Payload.objects.filter(endpoint=endpoint).order_by("number").values_list("body", flat=True)
    assert response.content == b"".join(bytes(body) + b"\n" for body in stored)
    assert response["Content-Type"] == "application/x-ndjson"
    assert response["Link"] == f'<{FEED}?after=3&seen=event-3>; rel="next"'
    assert (response["Asora-First-Number"], response["Asora-Last-Number"]) == ("1", "3")


def test_reading_changes_no_payload_and_needs_neither_session_nor_cookie(endpoint, token, client_as):
    queue_payloads(endpoint, 2)
    response = poll(client_as(), token)
    assert not response.cookies
    assert response["Cache-Control"] == "no-store"
    assert set(Payload.objects.values_list("state", flat=True)) == {"queued"}


def test_a_receiver_pages_through_all_by_the_links(endpoint, token, client_as, monkeypatch):
    monkeypatch.setattr(queries, "CHUNK", 4)
    queue_payloads(endpoint, 25)
    client, seen, query = client_as(), [], "?after=0&limit=10"
    while page := numbers(response := poll(client, token, query)):
        seen += page
        query = response["Link"].split(">")[0].removeprefix(f"<{FEED}")
        assert query == f"?after={seen[-1]}&seen=event-{seen[-1]}&limit=10"
    assert seen == list(range(1, 26))
    assert response["Link"] == f'<{FEED}?after=25&seen=event-25&limit=10>; rel="next"'


def test_a_page_ends_when_it_is_large_enough(endpoint, token, client_as, monkeypatch):
    queue_payloads(endpoint, 9)
    size = len(bytes(Payload.objects.get(number=1).body))
    monkeypatch.setattr(queries, "MAX_BYTES", 3 * size)
    assert numbers(poll(client_as(), token)) == [1, 2, 3]
    monkeypatch.setattr(queries, "MAX_BYTES", 1)
    assert numbers(poll(client_as(), token, "?after=3")) == [4], "at least one, whatever its size"


def test_an_unchanged_page_is_not_sent_again(endpoint, token, client_as):
    queue_payloads(endpoint, 2)
    first = poll(client_as(), token)
    again = poll(client_as(), token, **{"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["Link"] == first["Link"]
    queue_payloads(endpoint, 1)
    assert numbers(poll(client_as(), token, **{"if-none-match": first["ETag"]})) == [1, 2, 3]


def test_only_the_payloads_of_its_own_endpoint(endpoint, token, act_as, client_as):
    other = make_endpoint_row("Another", maker=endpoint.maker)
    queue_payloads(other, 5)
    assert numbers(poll(client_as(), token)) == []
    assert numbers(poll(client_as(), issue(act_as("owner"), other))) == [1, 2, 3, 4, 5]


def test_a_page_ends_where_retention_deletes_while_it_is_read(
    endpoint, token, client_as, monkeypatch
) -> None:
    monkeypatch.setattr(queries, "CHUNK", 2)
    queue_payloads(endpoint, 5, days_ago=100)
    read = queries.lines_after

    def read_slowly(*arguments: Any, **named: Any) -> Any:
        for line in read(*arguments, **named):
            yield line
            if line.number == 2:
                EndpointNumber.objects.filter(endpoint=endpoint).update(deleted_upto=3)
                Payload.objects.filter(endpoint=endpoint, number__lte=3).delete()

    monkeypatch.setattr(queries, "lines_after", read_slowly)
    page = poll(client_as(), token)
    assert numbers(page) == [1, 2], "number 3 is not skipped as if it had never been there"
    following = poll(client_as(), token, page["Link"].partition(">")[0].partition(FEED)[2])
    assert refused(following) == (400, "VALIDATION_FAILED", "FEED_EXPIRED")


def test_what_retention_deleted_is_named(endpoint, token, client_as):
    queue_payloads(endpoint, 5, days_ago=30)
    EndpointNumber.objects.filter(endpoint=endpoint).update(deleted_upto=3)
    Payload.objects.filter(endpoint=endpoint, number__lte=3)._raw_delete("default")
    response = poll(client_as(), token, "?after=2")
    assert refused(response) == (400, "VALIDATION_FAILED", "FEED_EXPIRED")
    assert response.json()["details"]["first"] == 4
    assert numbers(poll(client_as(), token, "?after=3")) == [4, 5]


def test_a_receiver_that_is_ahead_is_told_so(endpoint, token, client_as):
    """After a restore of the database: it would otherwise miss the numbers that are given out again."""
    queue_payloads(endpoint, 2)
    response = poll(client_as(), token, "?after=3")
    assert refused(response) == (400, "VALIDATION_FAILED", "INVALID_INPUT")
    assert response.json()["details"]["last"] == 2
    assert response.json()["details"]["remedy"] == "Ask with after=0 to after=2."


def test_a_receiver_whose_last_payload_is_another_one_here_is_told_so(endpoint, token, client_as):
    """After a restore, once its number was given out again: nothing else would show that payloads are missing."""
    queue_payloads(endpoint, 3)
    response = poll(client_as(), token, "?after=2&seen=event-of-before")
    assert refused(response) == (409, "STATE_CONFLICT", "FEED_DIFFERS")
    assert response.json()["details"]["number"] == 2
    assert numbers(poll(client_as(), token, "?after=2&seen=event-2")) == [3]
    assert numbers(poll(client_as(), token, "?after=2")) == [3], "nobody has to say it"


@pytest.mark.parametrize(
    "query",
    ["?after=-1", "?after=1.5", "?after=", "?after=x", "?after=٣", "?after=1&after=2", "?limit=0", "?limit=10001",
     "?after=99999999999999999999", "?since=1", "?token=asora_feed_x", "?after=1&seen=", "?after=1&seen=a%20b",
     "?after=1&seen=a&seen=a"],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_refused(endpoint, token, client_as, query):
    response = poll(client_as(), token, query)
    assert refused(response) == (400, "VALIDATION_FAILED", "INVALID_INPUT")
    assert "form" not in response.json()["details"]["remedy"], "a program has no form"
    assert not FeedDay.objects.exists()


def test_other_methods_are_refused(endpoint, token, client_as):
    response = client_as().post(FEED, headers={"authorization": f"Bearer {token}"})
    assert refused(response) == (404, "ROUTE_NOT_FOUND", "METHOD_NOT_ALLOWED")
    assert "GET" in response["Allow"]


WRONG = {
    "none": "",
    "no scheme": "{token}",
    "another scheme": "Basic {token}",
    "one character wrong": "Bearer {typo}",
    "with something behind": "Bearer {token}x",
    "two": "Bearer {token} {token}",
    "well formed, and nobody's": "Bearer {stranger}",
}


#: Of each wrong header, what the refusal says is wrong with it.
FAULTS = dict(
    zip(
        WRONG.values(),
        [
            "is missing",
            "another scheme",
            "another scheme",
            "mistyped",
            "not a feed token",
            "not a feed token",
            "no endpoint",
        ],
        strict=True,
    )
)


@pytest.mark.parametrize("header", WRONG.values(), ids=WRONG)
def test_a_wrong_token_reads_and_writes_nothing(endpoint, token, client_as, events, header):
    queue_payloads(endpoint, 1)
    typo = token[:-10] + ("a" if token[-10] != "a" else "b") + token[-9:]
    before = len(events())
    text = header.format(token=token, typo=typo, stranger=tokens.generate())
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client_as().get(FEED, headers={"authorization": text})
    assert refused(response) == (401, "AUTH_REQUIRED", "BAD_CREDENTIALS")
    assert FAULTS[header] in response.json()["message"]
    assert token[:-12] not in response.content.decode()
    assert response["WWW-Authenticate"] == 'Bearer realm="feed"'
    asked = [query["sql"] for query in captured if "integrations_" in query["sql"]]
    assert len(asked) == ("stranger" in header), "a text that cannot be a token is refused without a query"
    assert not [query for query in captured if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert len(events()) == before


def test_a_request_without_encryption_is_refused_and_not_redirected(endpoint, token, client_as, settings):
    """A client that follows redirects would send the token unencrypted at each poll, and nobody would notice."""
    settings.SECURE_SSL_REDIRECT = True
    response = poll(client_as(), token)
    assert refused(response) == (401, "AUTH_REQUIRED", "BAD_CREDENTIALS")
    assert "revoke the old one" in response.json()["details"]["remedy"]
    assert not FeedDay.objects.exists()
    secure = client_as().get(FEED, headers={"authorization": f"Bearer {token}"}, secure=True)
    assert numbers(secure) == []


def test_the_token_of_another_tenant_is_nobodys_here(endpoint, token, client_as, birch):
    with_birch = client_as(tenant=birch)
    assert refused(poll(with_birch, token)) == (401, "AUTH_REQUIRED", "BAD_CREDENTIALS")


def test_the_session_of_a_person_is_no_token(endpoint, client_as):
    assert refused(client_as("owner").get(FEED)) == (401, "AUTH_REQUIRED", "BAD_CREDENTIALS")


def test_after_a_rotation_both_tokens_read_for_a_day(endpoint, token, act_as, client_as):
    queue_payloads(endpoint, 1)
    new = rotate_token(act_as("owner"), feed_token=row_of(token))
    assert numbers(poll(client_as(), token)) == numbers(poll(client_as(), new)) == [1]
    row = row_of(token)
    assert timedelta(hours=23) < row.expires_at - timezone.now() < timedelta(hours=25)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE integrations_feedtoken DISABLE TRIGGER integrations_feedtoken_ends")
    FeedToken.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert refused(poll(client_as(), token)) == (401, "AUTH_REQUIRED", "BAD_CREDENTIALS")
    assert numbers(poll(client_as(), new)) == [1]


def test_a_revoked_token_reads_nothing_from_the_next_poll_on(endpoint, token, act_as, client_as):
    assert numbers(poll(client_as(), token)) == []
    revoke_token(act_as("owner"), feed_token=row_of(token))
    assert refused(poll(client_as(), token)) == (401, "AUTH_REQUIRED", "BAD_CREDENTIALS")


def test_the_feed_of_a_removed_endpoint_is_closed(endpoint, token, client_as):
    Endpoint.objects.filter(pk=endpoint.pk).update(is_enabled=False, removed_at=timezone.now())
    assert refused(poll(client_as(), token)) == (401, "AUTH_REQUIRED", "BAD_CREDENTIALS")


def test_the_feed_of_a_disabled_endpoint_is_closed_until_it_is_enabled(endpoint, token, act_as, client_as):
    queue_payloads(endpoint, 1)
    disable_endpoint(act_as("owner"), endpoint=endpoint)
    assert refused(poll(client_as(), token)) == (409, "STATE_CONFLICT", "ENDPOINT_DISABLED")
    enable_endpoint(act_as("owner"), endpoint=endpoint)
    assert numbers(poll(client_as(), token)) == [1]


def test_the_feed_pauses_while_its_maker_lacks_a_right(acacia, act_as, client_as):
    maker = add_person("owner", name="maker")
    endpoint = make_endpoint_row(maker=maker.ref, with_values=True)
    queue_payloads(endpoint, 2)
    token = issue(act_as("owner"), endpoint)
    change_role(act_as("owner"), person=maker, role="receiver", seen="owner")
    response = poll(client_as(), token)
    assert refused(response) == (409, "STATE_CONFLICT", "ENDPOINT_PAUSED")
    assert "See costs and values" in response.json()["message"]
    change_role(act_as("owner"), person=maker, role="owner", seen="receiver")
    assert numbers(poll(client_as(), token)) == [1, 2]


def test_a_payload_beyond_the_rights_of_the_maker_pauses_the_feed_at_its_number(
    master_data, act_as, client_as
):
    """It was queued for somebody who works everywhere; then somebody of one hub took the endpoint over."""
    maker = add_person("owner", name="maker", all_hubs=False)
    assign_perm("operate_hub", maker, master_data.north)
    endpoint = make_endpoint_row(maker=maker.ref, all_hubs=False)
    endpoint.hubs.set([master_data.north])
    token = issue(act_as("owner"), endpoint)
    queue_payloads(endpoint, 2)
    south = queue_payloads(endpoint, 1, hubs=[master_data.south.pk])[0].number
    queue_payloads(endpoint, 1, hubs=[master_data.north.pk])
    client = client_as()
    assert numbers(poll(client, token)) == [1, 2]
    response = poll(client, token, "?after=2")
    assert refused(response) == (409, "STATE_CONFLICT", "ENDPOINT_PAUSED")
    assert response.json()["details"]["number"] == south == 3
    assert numbers(poll(client, token, "?after=3")) == [4]


def test_the_feed_stays_open_in_a_freeze(endpoint, token, client_as, acacia):
    queue_payloads(endpoint, 2)
    freeze(acacia)
    assert numbers(poll(client_as(), token)) == [1, 2]


def test_polls_are_counted_and_the_first_one_of_a_day_is_an_event(endpoint, token, client_as, events):
    queue_payloads(endpoint, 3)
    client = client_as()
    poll(client, token)
    first = poll(client, token, "?after=1")
    poll(client, token, "?after=3", **{"if-none-match": first["ETag"]})
    [day] = FeedDay.objects.all()
    assert (day.polls, day.payloads, day.last_after) == (3, 5, 3)
    assert day.token == row_of(token)
    [event] = events(action="integrations.feed.read")
    assert (event.outcome, event.actor_type, event.actor_ref) == ("allowed", "integration", token[:16])
    assert event.resource_label == token[:16]
    assert json.dumps([event.changes, event.facts]).count(token) == 0


def test_the_trail_shows_who_read_and_from_when_on_nobody_could(endpoint, token, act_as, client_as, events):
    poll(client_as(), token)
    revoke_token(act_as("owner"), feed_token=row_of(token))
    owner = client_as("owner")
    content = owner.get("/audit/").content.decode()
    for sentence in ("issued feed token", "read the feed with token", "revoked feed token"):
        assert f"{sentence} {token[:16]}" in content
    [event] = events(action="integrations.feed.read")
    assert f"{token[:16]} (system)" in owner.get(f"/audit/{event.pk}/").content.decode()


def test_each_token_and_day_has_its_own_count(endpoint, token, act_as, client_as, events):
    client = client_as()
    poll(client, token)
    new = rotate_token(act_as("owner"), feed_token=row_of(token))
    poll(client, new)
    FeedDay.objects.filter(token=row_of(new)).update(day=timezone.now().date() - timedelta(days=1))
    poll(client, new)
    assert FeedDay.objects.count() == 3
    assert len(events(action="integrations.feed.read")) == 3


def test_a_poll_that_fails_leaves_no_count(endpoint, token, client_as):
    poll(client_as(), token, "?after=7")
    assert not FeedDay.objects.exists()
