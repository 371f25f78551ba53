"""What an agent sees inside a tenant, that each look is recorded there, and that an ended session stops everything."""

from __future__ import annotations

import contextlib
import html
import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tenants.utils import tenant_context

from asora.kernel.refusals import PermissionDenied
from audit import urls
from audit.events.models import Event
from plans.models import Tenant
from support.access import looks as looks_module
from support.access import pages, visits
from support.access.actions import end_access, request_access
from support.models import AccessSession
from support.words import LOOK
from tests.factories.documents import deliver, line, receipt
from tests.factories.master_data import make_master_data
from tests.headers import JSON
from tests.integrations.rows import attempt_payload, make_endpoint, queue_payload
from tests.support.inside_pages import show_instead

INSIDE = "/support/tenants/acacia/audit/"


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def tenant(public: Tenant) -> Tenant:
    """Acacia, seen from the public host."""
    return Tenant.objects.get(slug="acacia")


@pytest.fixture
def refused(tenant: Tenant, act_as: Any, client_as: Any) -> Event:
    """An event of Acacia: its viewer was refused a page."""
    with tenant_context(tenant):
        client_as("viewer").get("/audit/")
        return Event.objects.get(outcome="refused")


@pytest.fixture
def session(tenant: Tenant, act_as: Any) -> AccessSession:
    """The agent's open session in Acacia."""
    return request_access(act_as("agent"), tenant=tenant, ticket="SUP-1", minutes=30)


def looks(tenant: Tenant, **lookup: Any) -> list[Event]:
    with tenant_context(tenant):
        return list(Event.objects.filter(action=LOOK, **lookup).order_by("number"))


def test_the_tenants_own_trail_appears_under_the_sessions_address(tenant, refused, session, client_as):
    client = client_as("agent")
    response = client.get(INSIDE)
    assert response.status_code == 200
    shown = text_of(response)
    assert "tried to open a page" in shown
    assert "Support session until" in shown
    assert "SUP-1" in shown
    assert f'href="{INSIDE}{refused.pk}/"' in shown
    assert 'href="/audit/' not in shown, "every address stays inside the session"
    assert "global-search" not in shown, "the tenant's search is not for agents"
    story = text_of(client.get(f"{INSIDE}{refused.pk}/"))
    assert "Rule enforced" in story
    fragment = client.get(f"{INSIDE}{refused.pk}/", headers={"HX-Request": "true"})
    assert "<html" not in text_of(fragment)
    assert connection.schema_name == "public"


def test_no_link_inside_a_session_leads_to_a_page_that_agents_may_not_open(
    tenant, refused, session, act_as, client_as
):
    with tenant_context(tenant):
        master_data = make_master_data()
        act = act_as("viewer", tenant=tenant)
        draft = receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "1", "1"), day=act.today)
        for who in ("viewer", "owner"):
            with contextlib.suppress(PermissionDenied):
                deliver(act_as(who, tenant=tenant), master_data, draft)
        allowed = Event.objects.get(action="ledger.receipt.post", outcome="allowed")
        stopped = Event.objects.get(action="ledger.receipt.post", outcome="refused")
        payload = queue_payload(make_endpoint(), request_id=allowed.request_id)
        attempt_payload(payload, request_id=allowed.request_id)
    client = client_as("agent")
    seen: set[str] = set()
    for event in (allowed, stopped, refused):
        for address in ("", "?outcome=refused", f"{event.pk}/", f"requests/{event.request_id}/"):
            page = client.get(INSIDE + address).content.decode()
            seen |= {found.partition("#")[0] for found in re.findall(r'(?:href|hx-get)="(/[^"]*)"', page)}
    assert len(seen) > 20
    addresses = [html.unescape(address) for address in sorted(seen) if not address.startswith("/static/")]
    assert [address for address in addresses if client.get(address).status_code != 200] == []


def test_every_look_is_in_the_tenants_trail(tenant, refused, session, client_as):
    client = client_as("agent")
    client.get(f"{INSIDE}?outcome=refused")
    client.get(f"{INSIDE}{refused.pk}/")
    first, second = looks(tenant)
    assert (first.actor_type, first.outcome, first.session_ref) == ("support", "allowed", session.pk.hex)
    assert first.resource_label == "/audit/?outcome=refused"
    assert first.facts["page"] == "audit:event-list"
    assert first.ticket_ref == "SUP-1"
    assert first.hubs == []
    assert second.resource_label == f"/audit/{refused.pk}/"
    assert [first.number, second.number] == [refused.number + 1, refused.number + 2]
    assert not Event.objects.filter(action=LOOK).exists(), "and in no other"


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("outcome=refused&since=2026-11-01", "?outcome=refused&since=2026-11-01"),
        ("record=inventory.item:5", "?record=inventory.item:5"),
        ("record=Ruth%20Adeyemi", "?record=[12 characters]"),
        ("actor=Ruth%20Adeyemi&hub=Ruth+A", "?actor=[12 characters]&hub=[6 characters]"),
        ("actor=u-0123456789&hub=NORTH", "?actor=u-0123456789&hub=NORTH"),
        ("q=record:Ruth&after=abc:def", "?q=[11 characters]&after=[7 characters]"),
        ("Ruth+Adeyemi=1&outcome=", ""),
    ],
)
def test_what_an_agent_types_as_free_text_is_not_kept_for_ever(query, kept):
    assert looks_module.recorded_address(f"/audit/?{query}") == f"/audit/{kept}"


@pytest.mark.parametrize(
    "query", ["code=Ruth", "reason=Ruth", "since=Ruth", "q=Ruth:Adeyemi", "q=code:RuthX"]
)
def test_what_a_filter_refuses_is_not_kept_either(tenant, session, client_as, query):
    answer = client_as("agent").get(f"{INSIDE}?{query}", follow=True)
    assert answer.status_code == 400
    assert "Ruth" in text_of(answer), "the agent reads what was wrong"
    for look in looks(tenant):
        kept = (look.message, look.decision, look.resource_label, look.facts)
        assert "Ruth" not in str(kept)
    assert looks(tenant)[-1].reason == "INVALID_INPUT"


def test_without_an_open_session_nothing_is_shown(tenant, refused, client_as, act_as):
    client = client_as("agent")
    answer = client.get(INSIDE, headers=JSON)
    assert (answer.status_code, answer.json()["reason"]) == (403, "ACCESS_NOT_OPEN")
    session = request_access(act_as("agent"), tenant=tenant, ticket="SUP-1", minutes=15)
    assert client.get(INSIDE).status_code == 200
    with time_machine.travel(session.expires_at):
        answer = client.get(INSIDE, headers=JSON)
    assert (answer.status_code, answer.json()["details"]["state"]) in {(403, "expired"), (401, None)}
    end_access(act_as("agent"), session=session)
    answer = client.get(INSIDE, headers=JSON)
    assert (answer.status_code, answer.json()["details"]["state"]) == (403, "ended")
    assert len(looks(tenant)) == 1


def test_every_page_of_the_trail_is_open_to_agents_or_refused_to_them():
    names = {f"audit:{pattern.name}" for pattern in urls.urlpatterns}
    listed = {name for name in pages.READ | pages.ASKED | pages.REFUSED if name.startswith("audit:")}
    assert names == listed, "put each page on one of the lists in pages.py"
    assert not (pages.READ | pages.ASKED) & pages.REFUSED


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("items/", 403),
        ("receive/", 403),
        ("settings/staff/", 403),
        ("exports/", 403),
        ("ledger/", 403),
        ("integrations/", 403),
        ("audit/support-access/approval/", 403),
        ("search/", 404),
        ("audit/searches/", 404),
        ("audit/proof/", 404),
        ("audit/seals/", 404),
        ("audit/none/", 404),
        ("nowhere/", 404),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_any_other_address_is_refused_and_the_tenant_sees_the_attempt(
    tenant, session, client_as, address, status, method
):
    path = f"/support/tenants/acacia/{address}"
    assert getattr(client_as("agent"), method)(path, headers=JSON).status_code == status
    [look] = looks(tenant)
    assert (look.outcome, look.http_status, look.resource_label) == ("refused", status, f"/{address}")


def test_a_missing_event_is_refused_and_recorded_in_the_tenant(tenant, session, client_as):
    response = client_as("agent").get(f"{INSIDE}01900000-0000-7000-8000-000000000000/")
    assert response.status_code == 404
    assert "Support session until" in text_of(response)
    [look] = looks(tenant)
    assert (look.outcome, look.reason) == ("refused", "NO_SUCH_RECORD")


def test_a_session_of_acacia_opens_nothing_of_birch(tenant, session, client_as, act_as):
    birch = Tenant.objects.get(slug="birch")
    with tenant_context(birch):
        client_as("viewer").get("/audit/")
        event = Event.objects.get(outcome="refused")
    client = client_as("agent")
    answer = client.get("/support/tenants/birch/audit/", headers=JSON)
    assert (answer.status_code, answer.json()["reason"]) == (403, "ACCESS_NOT_OPEN")
    assert client.get(f"{INSIDE}{event.pk}/").status_code == 404
    assert client.get(f"{INSIDE}requests/{event.request_id}/").status_code == 404
    for filtered in (f"?request={event.request_id}", f"?actor={event.actor_ref}"):
        response = client.get(INSIDE + filtered)
        assert "No event matches" in text_of(response)
        assert str(event.pk) not in text_of(response)
    assert looks(birch) == []


def stream(request: Any) -> StreamingHttpResponse:
    """A page of the tenant that streams: the name of the schema, again and again."""

    def chunks() -> Any:
        for _number in range(5):
            yield connection.schema_name.encode()

    return StreamingHttpResponse(chunks())


def streaming(client: Any, monkeypatch: Any) -> Any:
    show_instead(monkeypatch, stream)
    return client.get(INSIDE)


def test_a_stream_runs_inside_the_tenant_and_leaves_it_between_chunks(
    tenant, session, client_as, monkeypatch
):
    response = streaming(client_as("agent"), monkeypatch)
    for chunk in response.streaming_content:
        assert chunk == b"t_acacia"
        assert connection.schema_name == "public"


@pytest.mark.parametrize("is_over", [False, True], ids=["ended", "expired"])
def test_an_ended_session_stops_a_stream_in_the_middle(
    tenant, session, client_as, act_as, monkeypatch, is_over
):
    monkeypatch.setattr(visits, "CHECKED_EVERY", 0)
    chunks = iter(streaming(client_as("agent"), monkeypatch).streaming_content)
    assert next(chunks) == b"t_acacia"
    assert next(chunks) == b"t_acacia"
    if not is_over:
        end_access(act_as("agent"), session=session)
    moment = session.expires_at if is_over else timezone.now()
    with time_machine.travel(moment), pytest.raises(Exception, match="ended"):
        next(chunks)
    assert list(chunks) == []
    assert [(look.outcome, look.reason) for look in looks(tenant)] == [
        ("allowed", ""),
        ("refused", "ACCESS_NOT_OPEN"),
    ]


@pytest.mark.parametrize("how", ["ended", "deactivated", "other role", "not granted"])
def test_what_was_made_while_the_session_ended_is_not_shown(
    tenant, session, client_as, act_as, monkeypatch, how
):
    agent = client_as("agent")
    person = act_as("agent").actor.account

    def end(request: Any, **_arguments: Any) -> Any:
        with tenant_context(Tenant.objects.get(schema_name="public")):
            if how == "ended":
                end_access(act_as("agent"), session=session)
            else:
                change = {
                    "deactivated": {"is_active": False},
                    "other role": {"role": "operator"},
                    "not granted": {"all_hubs": False},
                }[how]
                type(person).objects.filter(pk=person.pk).update(**change)
        return stream(request)

    show_instead(monkeypatch, end)
    response = agent.get(INSIDE)
    assert response.status_code == 403
    assert b"t_acacia" not in response.content
    [look] = looks(tenant)
    assert (look.outcome, look.reason) == ("refused", "ACCESS_NOT_OPEN")


@pytest.mark.parametrize("is_over", [False, True], ids=["ended", "expired"])
@pytest.mark.parametrize("question", ["now", "why"])
def test_a_session_that_ends_during_a_rehearsal_shows_no_answer(
    tenant, refused, session, client_as, act_as, monkeypatch, question, is_over
):
    client = client_as("agent")
    later = time_machine.travel(session.expires_at)
    where = "audit.explorer.rehearsals.looks.request_of"
    before = import_string(where)

    def request_of(event: Event) -> Any:
        if is_over:
            later.start()
        else:
            with tenant_context(Tenant.objects.get(schema_name="public")):
                end_access(act_as("agent"), session=session)
        return before(event)

    monkeypatch.setattr(f"audit.explorer.rehearsals.{question}.request_of", request_of)
    response = client.post(f"{INSIDE}{question}/", {"event": str(refused.pk)})
    if is_over:
        later.stop()
    assert response.status_code == 403
    assert "This access session has ended" in text_of(response)
    [look] = looks(tenant)
    assert (look.outcome, look.reason) == ("refused", "ACCESS_NOT_OPEN")
