"""The feed's pages for people: tokens are shown once, and everybody who dispatches sees how the feed is read."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.urls import reverse

from integrations.endpoints.actions import remove_endpoint
from integrations.endpoints.models import Endpoint
from integrations.feed import tokens
from integrations.feed.models import FeedToken
from tests.factories.feeds import FEED, issue, poll, row_of
from tests.factories.payloads import make_endpoint_row, queue_payloads
from tests.headers import HTMX, JSON


@pytest.fixture
def endpoint(acacia: Any, act_as: Any) -> Endpoint:
    return make_endpoint_row(maker=act_as("owner").actor.ref)


def page(endpoint: Endpoint, name: str = "endpoint-feed") -> str:
    return reverse(f"integrations:{name}", args=[endpoint.pk], urlconf="asora.urls_tenant")


def of_token(token: FeedToken, step: str) -> str:
    return reverse(f"integrations:feed-token-{step}", args=[token.pk], urlconf="asora.urls_tenant")


def shown_token(response: Any) -> str:
    [found] = set(re.findall(r"asora_feed_[0-9A-Za-z]{38}", html.unescape(response.content.decode())))
    assert tokens.is_token(found)
    return str(found)


def test_an_owner_issues_a_token_which_is_shown_once_and_reads_the_feed(endpoint, client_as):
    queue_payloads(endpoint, 2)
    owner = client_as("owner")
    assert "Issue token" in owner.get(page(endpoint)).content.decode()
    assert "is shown once" in owner.get(page(endpoint, "feed-token-issue")).content.decode()
    response = owner.post(page(endpoint, "feed-token-issue"))
    token = shown_token(response)
    assert "no-store" in response["Cache-Control"]
    assert "no-transform" in response["Cache-Control"]
    assert len(poll(client_as(), token).content.splitlines()) == 2
    after = owner.get(page(endpoint)).content.decode()
    assert token not in after
    assert token[:16] in after
    assert "1 to 2" in re.sub(r"<[^>]*>", "", after)


def test_a_second_token_is_refused_on_its_page(endpoint, act_as, client_as):
    issue(act_as("owner"), endpoint)
    response = client_as("owner").post(page(endpoint, "feed-token-issue"))
    assert response.status_code == 409
    assert "already has a feed token" in response.content.decode()
    assert FeedToken.objects.count() == 1


def test_an_owner_rotates_and_revokes(endpoint, act_as, client_as):
    old = row_of(issue(act_as("owner"), endpoint))
    owner = client_as("owner")
    assert "another 24 hours" in owner.get(of_token(old, "rotate")).content.decode()
    new = row_of(shown_token(owner.post(of_token(old, "rotate"))))
    content = owner.get(page(endpoint)).content.decode()
    assert "Ending" in content
    assert "Valid" in content
    response = owner.post(of_token(new, "revoke"), follow=True)
    assert "The token was revoked" in response.content.decode()
    assert owner.post(of_token(new, "revoke")).status_code == 409


def test_issuing_and_rotating_ask_who_it_is_and_revoking_does_not(endpoint, act_as, client_as):
    row = row_of(issue(act_as("owner"), endpoint))
    owner = client_as("owner")
    session = owner.session
    session["proved_at"] = "2020-01-01T00:00:00+00:00"
    session.save()
    for address in (page(endpoint, "feed-token-issue"), of_token(row, "rotate")):
        for method in (owner.get, owner.post):
            response = method(address, headers=JSON)
            assert (response.status_code, response.json()["reason"]) == (401, "STEP_UP_REQUIRED")
    assert owner.post(of_token(row, "revoke")).status_code == 302


def test_a_manager_sees_how_it_is_read_and_cannot_change_tokens(endpoint, act_as, client_as):
    row = row_of(issue(act_as("owner"), endpoint))
    manager = client_as("manager")
    content = manager.get(page(endpoint)).content.decode()
    assert "Revoke" not in content
    assert "Rotate token" not in content
    assert "find_gaps.py" in content
    for address in (page(endpoint, "feed-token-issue"), of_token(row, "rotate"), of_token(row, "revoke")):
        assert manager.post(address).status_code == 403
    assert client_as("viewer").get(page(endpoint)).status_code == 403


def test_polls_are_shown(endpoint, act_as, client_as):
    token = issue(act_as("owner"), endpoint)
    queue_payloads(endpoint, 7)
    poll(client_as(), token, "?limit=5")
    poll(client_as(), token, "?after=5")
    content = client_as("owner").get(page(endpoint)).content.decode()
    row = content[content.index("Polls of the last 14 days") :]
    cells = re.findall(r'<td data-label="(\w[\w ]*)"[^>]*class="numeric">(.*?)</td>', row, re.DOTALL)
    assert [(name, re.sub(r"<[^>]*>|\s", "", figure)) for name, figure in cells] == [
        ("Polls", "2"),
        ("Payloads", "7"),
        ("Last read after", "5"),
    ]


def test_the_page_of_the_endpoint_shows_the_feed_as_a_panel(endpoint, act_as, client_as):
    owner = client_as("owner")
    content = owner.get(f"/integrations/{endpoint.pk}/").content.decode()
    assert page(endpoint, "feed-panel") in content
    panel = owner.get(page(endpoint, "feed-panel"), headers=HTMX).content.decode()
    assert "<html" not in panel
    assert "Set up the feed" in panel
    issue(act_as("owner"), endpoint)
    assert "Open the feed" in owner.get(page(endpoint, "feed-panel"), headers=HTMX).content.decode()


def test_the_feed_of_a_removed_endpoint_can_be_looked_at_but_not_opened_again(endpoint, act_as, client_as):
    row = row_of(issue(act_as("owner"), endpoint))
    remove_endpoint(act_as("owner"), endpoint=endpoint)
    owner = client_as("owner")
    content = owner.get(page(endpoint)).content.decode()
    assert "closed for good" in content
    assert "Rotate token" not in content
    assert owner.get(page(endpoint, "feed-token-issue")).status_code == 404
    assert owner.get(of_token(row, "rotate")).status_code == 404


def test_the_command_that_fetches_missing_payloads_can_be_copied(endpoint, client_as):
    content = client_as("manager").get(page(endpoint)).content.decode()
    assert re.search(rf"python3 find_gaps.py received.jsonl https?://[\w.:-]+{FEED}<", content)


def test_the_gap_checker_can_be_downloaded(acacia, client_as):
    response = client_as("manager").get("/integrations/feed/find_gaps.py")
    assert response["Content-Disposition"] == 'attachment; filename="find_gaps.py"'
    assert b"import urllib.request" in response.content


def test_another_tenant_has_none_of_it(endpoint, act_as, client_as, birch):
    row = row_of(issue(act_as("owner"), endpoint))
    there = client_as("outsider", tenant=birch)
    for address in (page(endpoint), of_token(row, "rotate")):
        assert there.get(address, headers=JSON).status_code == 404
