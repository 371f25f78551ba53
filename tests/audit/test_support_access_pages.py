"""`/audit/support-access/`: sessions and looks from the tenant's own trail, and the decisions as pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from asora.accounts.models import User
from audit.disclosure import queries, sessions
from audit.disclosure.actions.access import approve_access
from audit.events.readers import HEAVY
from plans.models import Tenant
from tests.factories import people, support_access
from tests.factories.support_access import ask_for_access, look, open_access
from tests.headers import JSON

LIST = "/audit/support-access/"


def text_of(response: Any) -> str:
    return str(response.content.decode())


def test_the_list_shows_every_session_with_its_state(acacia: Tenant, client_as: Any) -> None:
    ask_for_access(acacia, ticket="T-4711")
    unnamed = open_access(acacia)
    support_access.end(acacia, unnamed)
    shown = text_of(client_as("owner").get(LIST))
    assert "T-4711" in shown
    assert "Waiting" in shown
    assert "Ended" in shown
    assert "Require approval" in shown


def test_a_session_shows_its_looks_and_those_of_no_other_session(acacia: Tenant, client_as: Any) -> None:
    one, other = open_access(acacia), open_access(acacia)
    look(acacia, one, "/items/BOLT-77/")
    look(acacia, other, "/items/NUT-88/")
    found = sessions.find(one)
    assert found is not None
    owner = client_as("owner")
    [seen] = sessions.looks(people.act_of(people.person("owner", acacia), acacia).actor, found)
    assert seen.resource_label == "/items/BOLT-77/"
    assert seen.get_deferred_fields() >= {*HEAVY}, "no list reads the JSON columns"
    shown = text_of(owner.get(f"{LIST}{one}/"))
    assert str(seen.id) in shown
    assert "support agent" in shown
    assert "/items/BOLT-77/" in shown
    assert "NUT-88" not in shown


def test_the_agents_reason_is_read_from_where_support_keeps_it(
    acacia: Tenant, client_as: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = ask_for_access(acacia)
    monkeypatch.setitem(sessions._readers, "reasons", lambda ids: dict.fromkeys(ids, "Stock looks wrong"))
    for path in ("", "approve/", "refuse/"):
        assert "Stock looks wrong" in text_of(client_as("owner").get(f"{LIST}{session}/{path}"))


@pytest.mark.parametrize(
    ("way", "make", "verdict"),
    [
        ("approve", ask_for_access, "approved"),
        ("refuse", ask_for_access, "refused"),
        ("revoke", open_access, "revoked"),
    ],
)
def test_the_owner_decides(acacia: Tenant, client_as: Any, way: str, make: Any, verdict: str) -> None:
    session = make(acacia)
    owner, page = client_as("owner"), f"{LIST}{session}/"
    assert f"{page}{way}/" in text_of(owner.get(page))
    assert owner.get(f"{page}{way}/").status_code == 200
    sent = owner.post(f"{page}{way}/", {"reason": "Not today"} if way != "approve" else {})
    assert (sent.status_code, sent["Location"]) == (302, page)
    assert queries.verdict_on(session) == verdict
    shown = text_of(owner.get(page))
    assert "/approve/" not in shown
    assert way == "approve" or "Not today" in shown
    again = owner.post(f"{page}{way}/", {})
    assert again.status_code == 409
    assert "REQUEST_CLOSED" in text_of(again)


def test_the_owner_requires_approval(acacia: Tenant, client_as: Any) -> None:
    owner = client_as("owner")
    form = owner.get(f"{LIST}approval/")
    assert 'name="required"' in text_of(form)
    assert owner.post(f"{LIST}approval/", {"required": "yes", "seen": "no"}).status_code == 302
    assert queries.requires_approval()
    assert "only in a session that somebody here has approved" in text_of(owner.get(LIST))
    stale = owner.post(f"{LIST}approval/", {"required": "no", "seen": "no"}, headers=JSON)
    assert (stale.status_code, stale.json()["reason"]) == (409, "STALE_FORM")
    invalid = owner.post(f"{LIST}approval/", {"required": "maybe", "seen": "yes"})
    assert invalid.status_code == 400
    assert "Choose one of the options." in text_of(invalid)


def test_a_manager_reads_and_decides_nothing(acacia: Tenant, client_as: Any) -> None:
    session = ask_for_access(acacia)
    manager = client_as("manager")
    shown = text_of(manager.get(f"{LIST}{session}/"))
    assert f"{session}/approve/" not in shown
    for way in ("approve", "refuse"):
        refused = manager.post(f"{LIST}{session}/{way}/", headers=JSON)
        assert refused.json()["details"]["permission"] == "audit.manage_support_access"
    assert queries.verdict_on(session) is None


def test_a_person_of_one_hub_sees_sessions_but_not_what_concerns_other_hubs(
    acacia: Tenant, client_as: Any
) -> None:
    session = open_access(acacia)
    look(acacia, session)
    limited: User = people.add_person("manager", name="limited", all_hubs=False)
    assert "Open" in text_of(client_as(user=limited).get(f"{LIST}{session}/"))


def test_a_session_of_the_neighbour_is_not_found(acacia: Tenant, birch: Tenant, client_as: Any) -> None:
    connection.set_tenant(birch)
    session = ask_for_access(birch)
    connection.set_tenant(acacia)
    owner = client_as("owner", tenant=acacia)
    for path in ("", "approve/", "refuse/", "revoke/"):
        assert owner.get(f"{LIST}{session}/{path}", headers=JSON).status_code == 404
    assert str(session) not in text_of(owner.get(LIST))


def test_the_list_is_paged_by_key(acacia: Tenant, client_as: Any) -> None:
    for number in range(51):
        ask_for_access(acacia, ticket=f"N-{number:03}")
    owner = client_as("owner")
    owner.get(LIST)  # the first request of a session does more
    with CaptureQueriesContext(connection) as queries:
        first = text_of(owner.get(LIST))
    assert len(queries) < 25, "not one for each session"
    assert "N-050" in first
    assert "N-000" not in first
    assert "after=" in first


def test_the_dashboard_asks_the_people_who_may_decide(acacia: Tenant, client_as: Any, act_as: Any) -> None:
    waiting = ask_for_access(acacia, ticket="T-4711")
    open_access(acacia)
    ask_for_access(acacia, ticket="T-OLD", expires_at=support_access.in_minutes(-1).isoformat())
    link = f'href="{LIST}{waiting}/"'
    owner = client_as("owner")
    shown = text_of(owner.get("/"))
    assert shown.count("Approve or refuse it") == 1
    assert link in shown
    assert "T-4711" not in text_of(client_as("manager").get("/"))
    approve_access(act_as("owner"), session=waiting)
    assert link not in text_of(owner.get("/"))
