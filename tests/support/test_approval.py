"""A tenant that requires approval decides who looks: before, during and after, and its last word counts at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse, StreamingHttpResponse
from django_tenants.utils import tenant_context

from asora.kernel.refusals import PermissionDenied, Reason, RouteNotFound
from audit.disclosure.actions.access import approve_access, change_requirement, refuse_access, revoke_access
from audit.events import trail
from plans.models import Tenant
from support.access import queries, visits
from support.access.actions import end_access, request_access, start_access
from support.access.rules import REQUEST_VALID_FOR
from support.models import AccessSession
from tests.headers import JSON
from tests.support.inside_pages import show_instead

INSIDE = "/support/tenants/acacia/audit/"


@pytest.fixture
def tenant(public: Tenant) -> Tenant:
    """Acacia, seen from the public host."""
    return Tenant.objects.get(slug="acacia")


@pytest.fixture
def owner(tenant: Tenant, act_as: Any) -> Callable[..., Any]:
    """`owner(action, …)`: the tenant's owner does something there."""

    def do(action: Any, **values: Any) -> Any:
        trail.copy_missing(tenant)  # copies are made after a commit, and these tests roll back
        with tenant_context(tenant):
            return action(act_as("owner", tenant=tenant), **values)

    return do


@pytest.fixture
def agent(act_as: Any) -> Callable[..., Any]:
    """`agent(action, …)`: the agent does something on the public host."""
    return lambda action, **values: action(act_as("agent"), **values)


@pytest.fixture
def requested(tenant: Tenant, owner: Any, agent: Any) -> AccessSession:
    """The agent's request in a tenant that requires approval."""
    owner(change_requirement, required=True, seen=False)
    return agent(request_access, tenant=tenant, ticket="SUP-1", minutes=15)


def state_of(session: AccessSession) -> str:
    [shown] = queries.shown([AccessSession.objects.get(pk=session.pk)])
    return shown.state


def look(client: Any) -> tuple[int, str]:
    response = client.get(INSIDE, headers=JSON)
    if response.status_code == 200:
        return 200, ""
    return response.status_code, response.json()["details"].get("state", "")


def test_it_waits_then_starts_and_the_minutes_count_from_the_start(requested, client_as, owner, agent):
    client = client_as("agent")
    assert (requested.opened_at, requested.expires_at) == (None, None)
    assert look(client) == (403, "waiting")
    with pytest.raises(PermissionDenied) as caught:
        agent(start_access, session=requested)
    assert caught.value.reason == Reason.ACCESS_NOT_OPEN
    owner(approve_access, session=requested.pk)
    assert state_of(requested) == "ready"
    assert look(client) == (403, "ready")
    with time_machine.travel(requested.requested_at + timedelta(hours=3), tick=False):
        started = agent(start_access, session=requested)
        assert started.expires_at - started.opened_at == timedelta(minutes=15)
        assert state_of(requested) == "open"
        first = started.opened_at
        assert agent(start_access, session=requested).opened_at == first, "a second click changes nothing"


def test_the_page_starts_it(requested, client_as, owner):
    client = client_as("agent")
    page = client.get("/support/tenants/acacia/").content.decode()
    assert "Waiting for approval" in page
    owner(approve_access, session=requested.pk)
    page = client.get("/support/access/").content.decode()
    assert "Start the session" in page
    response = client.post(f"/support/sessions/{requested.pk}/start/", follow=True)
    assert response.redirect_chain == [(INSIDE, 302)]
    assert response.status_code == 200
    assert "Support session until" in response.content.decode()


def test_a_refused_request_is_closed_for_good_and_another_can_be_made(
    requested, tenant, client_as, owner, agent
):
    owner(refuse_access, session=requested.pk, reason="Ask our auditor first.")
    assert state_of(requested) == "refused"
    assert look(client_as("agent")) == (403, "refused")
    with pytest.raises(PermissionDenied):
        agent(start_access, session=requested)
    assert agent(request_access, tenant=tenant, ticket="SUP-2", minutes=15).pk != requested.pk


def test_a_revoked_session_shows_nothing_more(requested, client_as, owner, agent):
    owner(approve_access, session=requested.pk)
    agent(start_access, session=requested)
    client = client_as("agent")
    assert look(client) == (200, "")
    owner(revoke_access, session=requested.pk)
    assert state_of(requested) == "revoked"
    assert look(client) == (403, "revoked")


def test_revoking_stops_a_stream_in_the_middle(requested, client_as, owner, agent, monkeypatch):
    owner(approve_access, session=requested.pk)
    agent(start_access, session=requested)
    monkeypatch.setattr(visits, "CHECKED_EVERY", 0)
    show_instead(monkeypatch, lambda _request: StreamingHttpResponse(iter([b"one", b"two", b"three"])))
    chunks = iter(client_as("agent").get(INSIDE).streaming_content)
    assert next(chunks) == b"one"
    owner(revoke_access, session=requested.pk)
    with pytest.raises(PermissionDenied):
        next(chunks)


def test_revoking_while_a_page_is_made_hides_the_page(requested, client_as, owner, agent, monkeypatch):
    owner(approve_access, session=requested.pk)
    agent(start_access, session=requested)

    def page(_request: Any) -> HttpResponse:
        owner(revoke_access, session=requested.pk)
        return HttpResponse("what the tenant has")

    show_instead(monkeypatch, page)
    response = client_as("agent").get(INSIDE)
    assert response.status_code == 403
    assert b"what the tenant has" not in response.content


def test_requiring_approval_suspends_sessions_that_nobody_approved(tenant, client_as, owner, agent):
    session = agent(request_access, tenant=tenant, ticket="SUP-1", minutes=30)
    client = client_as("agent")
    assert look(client) == (200, "")
    owner(change_requirement, required=True, seen=False)
    assert look(client) == (403, "waiting")
    owner(approve_access, session=session.pk)
    assert look(client) == (200, "")


def test_a_request_that_nobody_starts_lapses(requested, owner, agent):
    owner(approve_access, session=requested.pk)
    with time_machine.travel(requested.requested_at + REQUEST_VALID_FOR, tick=False):
        assert state_of(requested) == "lapsed"
        with pytest.raises(PermissionDenied):
            agent(start_access, session=requested)


def test_a_withdrawn_request_cannot_be_started(requested, owner, agent):
    agent(end_access, session=requested)
    assert state_of(requested) == "ended"
    with pytest.raises(PermissionDenied):
        agent(start_access, session=requested)


def test_what_birch_decides_counts_in_birch_only(requested, act_as, agent):
    birch = Tenant.objects.get(slug="birch")
    trail.copy_missing(birch)
    with tenant_context(birch), pytest.raises(RouteNotFound):
        approve_access(act_as("owner", tenant=birch), session=requested.pk)
    assert state_of(requested) == "waiting"
