"""The pages of endpoints: who sees what of them, their health, and a secret that is shown once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from guardian.shortcuts import assign_perm

from asora.accounts.models import User
from asora.accounts.people.actions.people import deactivate_user
from asora.kernel.act import Act
from audit.events.models import Event
from integrations.endpoints import actions
from integrations.endpoints.models import Endpoint
from integrations.endpoints.secrets import signing_secrets
from integrations.feed.actions import issue_token
from integrations.overview.health import OLD, health
from integrations.overview.next_steps import next_steps
from integrations.signatures.secrets import decoded
from plans.catalogue import CEILINGS
from plans.models import Tenant
from tests.conftest import TenantClient
from tests.factories.dispatches import finish_row, make_attempt_row, make_dispatch_row
from tests.factories.endpoints import RECEIPT, make_endpoint
from tests.factories.master_data import MasterData
from tests.factories.people import add_person
from tests.integrations import rows

Acts = Callable[..., Act]
Clients = Callable[..., TenantClient]
NEEDLE = "sesame-in-the-path"
URL = f"https://hooks.example.com/{NEEDLE}"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{40,}")


def form_of(**wanted: Any) -> dict[str, Any]:
    return {
        "name": "Web shop",
        "url": URL,
        "event_types": [RECEIPT],
        "where": "all",
        "is_enabled": "on",
    } | wanted


def test_an_owner_creates_an_endpoint_and_sees_its_secret_once(acacia: Tenant, client_as: Clients) -> None:
    owner = client_as("owner")
    shown = owner.post("/integrations/new/", form_of())
    assert shown.status_code == 200
    secret = SECRET.findall(shown.content.decode())[0]
    link = re.search(r'<a href="/integrations/verify/"[^>]*>', shown.content.decode())
    assert link is not None
    assert 'target="_blank" rel="noopener"' in link.group(), "in the same tab it would lose the secret"
    assert "opens in a new tab" in shown.content.decode()
    endpoint = Endpoint.objects.get()
    assert signing_secrets(endpoint) == [decoded(secret)]
    assert {"no-store", "no-transform"} <= {word.strip() for word in shown["Cache-Control"].split(",")}
    for address in ("", f"{endpoint.pk}/", f"{endpoint.pk}/edit/", f"{endpoint.pk}/secret/"):
        assert "whsec_" not in owner.get(f"/integrations/{address}").content.decode()
    again = owner.post(f"/integrations/{endpoint.pk}/secret/")
    newest = SECRET.findall(again.content.decode())[0]
    assert signing_secrets(endpoint) == [decoded(newest), decoded(secret)]
    assert "End the older secret now" in owner.get(f"/integrations/{endpoint.pk}/").content.decode()


def test_a_refused_form_keeps_what_was_typed_and_makes_no_secret(
    master_data: MasterData, client_as: Clients
) -> None:
    answer = client_as("owner").post("/integrations/new/", form_of(name="", where="some", hubs=["NORTH"]))
    page = answer.content.decode()
    assert answer.status_code == 400
    assert NEEDLE in page
    assert re.search(rf'value="{RECEIPT}" checked', page)
    assert re.search(r'value="NORTH"[^>]*checked', page)
    assert not Endpoint.everything.exists()


def test_an_owner_changes_disables_enables_and_removes_it(acacia: Tenant, client_as: Clients) -> None:
    owner = client_as("owner")
    owner.post("/integrations/new/", form_of())
    endpoint = Endpoint.objects.get()
    here = f"/integrations/{endpoint.pk}/"
    answer = owner.post(f"{here}edit/", form_of(name="ERP", version=1))
    assert (answer.status_code, answer["Location"]) == (302, here)
    assert owner.post(f"{here}edit/", form_of(name="Too late", version=1)).status_code == 409
    assert owner.post(f"{here}disable/").status_code == 302
    assert not Endpoint.objects.get().is_enabled
    assert owner.post(f"{here}disable/").status_code == 409
    assert owner.post(f"{here}enable/").status_code == 302
    assert owner.post(f"{here}remove/")["Location"] == "/integrations/"
    assert here not in owner.get("/integrations/").content.decode()
    removed = owner.get(here)
    assert "Removed" in removed.content.decode()
    assert "edit/" not in removed.content.decode()
    assert owner.get(f"{here}edit/").status_code == 404


def test_a_manager_sees_state_and_health_but_neither_path_nor_buttons(
    acacia: Tenant, act_as: Acts, client_as: Clients
) -> None:
    endpoint = make_endpoint(act_as("owner"), url=URL)
    manager, owner = client_as("manager"), client_as("owner")
    for address in ("", f"{endpoint.pk}/"):
        page = manager.get(f"/integrations/{address}").content.decode()
        assert "https://hooks.example.com" in page
        assert NEEDLE not in page
        assert "Web shop" in page
        assert "/edit/" not in page
        assert "/new/" not in page
    assert NEEDLE in owner.get(f"/integrations/{endpoint.pk}/").content.decode()
    for address in ("new/", f"{endpoint.pk}/edit/", f"{endpoint.pk}/secret/", f"{endpoint.pk}/remove/"):
        assert manager.get(f"/integrations/{address}").status_code == 403
    assert client_as("viewer").get("/integrations/").status_code == 403


def test_hides_from_the_other_tenant(acacia: Tenant, birch: Tenant, act_as: Acts, client_as: Clients) -> None:
    endpoint = make_endpoint(act_as("owner"))
    other = client_as("owner", tenant=birch)
    assert "Web shop" not in other.get("/integrations/").content.decode()
    assert other.get(f"/integrations/{endpoint.pk}/").status_code == 404
    assert other.post(f"/integrations/{endpoint.pk}/disable/").status_code == 404


def test_says_that_a_plan_includes_none(birch: Tenant, client_as: Clients) -> None:
    page = client_as("owner", tenant=birch).get("/integrations/").content.decode()
    assert "Your plan does not include integrations" in page


def test_a_full_plan_refuses_the_form_with_the_ceiling(
    acacia: Tenant, act_as: Acts, client_as: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_endpoint(act_as("owner"), name="First")
    monkeypatch.setitem(CEILINGS["pro"], "integrations", 1)  # type: ignore[arg-type]
    answer = client_as("owner").post("/integrations/new/", form_of())
    assert answer.status_code == 403
    assert "1 endpoint" in answer.content.decode()
    assert "PLAN_INTEGRATIONS" in answer.content.decode()
    assert NEEDLE not in str([event.__dict__ for event in Event.objects.all()])


def test_says_why_it_is_paused_and_lets_another_owner_take_it_over(
    acacia: Tenant, act_as: Acts, client_as: Clients
) -> None:
    maker: User = add_person("owner", name="maker")
    endpoint = make_endpoint(act_as(user=maker))
    deactivate_user(act_as("owner"), person=maker)
    owner, here = client_as("owner"), f"/integrations/{endpoint.pk}/"
    page = owner.get(here).content.decode()
    assert "no longer has an active account" in page
    assert f"{here}take-over/" in page
    assert f"{here}take-over/" not in client_as("manager").get(here).content.decode()
    assert owner.post(f"{here}take-over/").status_code == 302
    assert "no longer has an active account" not in owner.get(here).content.decode()


def test_an_owner_of_one_hub_is_offered_only_that_hub(master_data: MasterData, client_as: Clients) -> None:
    local = add_person("owner", name="local", all_hubs=False)
    assign_perm("inventory.operate_hub", local, master_data.north)
    browser = client_as(user=local)
    page = browser.get("/integrations/new/").content.decode()
    assert "NORTH" in page
    assert "SOUTH" not in page
    assert "also new ones" not in page
    assert browser.post("/integrations/new/", form_of(hubs=["SOUTH"])).status_code == 400
    assert browser.post("/integrations/new/", form_of(hubs=["NORTH"])).status_code == 200
    assert [hub.code for hub in Endpoint.objects.get().hubs.all()] == ["NORTH"]


def test_health_counts_failures_since_the_last_success(acacia: Tenant, act_as: Acts) -> None:
    endpoint = make_endpoint(act_as("owner"))
    other = make_endpoint(act_as("owner"), name="Other")
    payloads = [rows.queue_payload(endpoint) for _ in range(6)]
    assert health([endpoint.pk])[endpoint.pk].state == "untried"
    rows.attempt_payload(payloads[0])
    assert health([endpoint.pk])[endpoint.pk].state == "failing"
    success = rows.attempt_payload(payloads[1], outcome="delivered", fault="", http_status=200)
    found = health([endpoint.pk, other.pk])
    assert (found[endpoint.pk].state, found[endpoint.pk].failures) == ("works", 0)
    assert found[endpoint.pk].succeeded_at == success.finished_at
    rows.attempt_payload(payloads[2])
    unknown = rows.attempt_payload(payloads[3], outcome="unknown", fault="", http_status=None)
    found = health([endpoint.pk, other.pk])
    assert (found[endpoint.pk].state, found[endpoint.pk].failures) == ("failing", 2)
    assert found[endpoint.pk].failed_at == unknown.finished_at
    assert found[endpoint.pk].queue.queued == 2
    assert found[endpoint.pk].queue.oldest_at == payloads[4].queued_at
    assert (found[other.pk].state, found[other.pk].queue.queued) == ("untried", 0)


def test_health_does_not_say_works_where_nobody_has_sent_for_long(
    acacia: Tenant, act_as: Acts, client_as: Clients
) -> None:
    endpoint = make_endpoint(act_as("owner"))
    first, _second = (rows.queue_payload(endpoint) for _ in range(2))
    rows.attempt_payload(first, outcome="delivered", fault="", http_status=200)
    manager, here = client_as("manager"), f"/integrations/{endpoint.pk}/"
    assert ">Works</span>" in manager.get(here).content.decode()
    found = health([endpoint.pk])[endpoint.pk]
    assert found.queue.oldest_at is not None
    with time_machine.travel(found.queue.oldest_at + OLD + timedelta(minutes=1), tick=False):
        assert found.state == "waits"
    with time_machine.travel(found.queue.oldest_at + OLD - timedelta(minutes=1), tick=False):
        assert found.state == "works"
    with time_machine.travel(found.queue.oldest_at + OLD + timedelta(minutes=1)):
        for address in ("/integrations/", here):
            page = client_as("manager").get(address).content.decode()
            assert "Waiting" in page
            assert "last attempt succeeded" in page
            assert "Works" not in page
    actions.remove_endpoint(act_as("owner"), endpoint=endpoint)
    page = manager.get(here).content.decode()
    assert "Works" not in page
    assert '<span class="light">Removed</span>' in page


def test_leads_to_the_payloads_that_did_not_arrive(acacia: Tenant, act_as: Acts, client_as: Clients) -> None:
    endpoint, manager = make_endpoint(act_as("owner")), client_as("manager")
    here = f"/integrations/{endpoint.pk}/"
    failed, lost, waiting = (rows.queue_payload(endpoint) for _ in range(3))
    assert "?state=" not in manager.get(here).content.decode()
    rows.attempt_payload(failed)
    rows.attempt_payload(lost, outcome="unknown", fault="", http_status=None)
    page = manager.get(here).content.decode()
    for state, payload in (("failed", failed), ("unknown", lost)):
        link = f"{here}queue/?state={state}"
        assert f'href="{link}"' in page
        listed = manager.get(link).content.decode()
        assert [each.pk for each in (failed, lost, waiting) if str(each.pk) in listed] == [payload.pk]


def test_health_counts_no_failure_before_the_success_of_the_same_dispatch(
    acacia: Tenant, act_as: Acts
) -> None:
    endpoint = make_endpoint(act_as("owner"))
    first, second, third = (rows.queue_payload(endpoint) for _ in range(3))
    dispatch = make_dispatch_row(endpoint, amount=3)
    for payload, outcome in ((first, "failed"), (second, "delivered")):
        make_attempt_row(dispatch, payload, outcome=outcome)
    assert health([endpoint.pk])[endpoint.pk].failures == 0
    make_attempt_row(dispatch, third, outcome="failed")
    assert health([endpoint.pk])[endpoint.pk].failures == 1


def test_the_dashboard_shows_urgent_endpoints_first_to_people_who_dispatch(
    acacia: Tenant, act_as: Acts, client_as: Clients
) -> None:
    maker = add_person("owner", name="maker")
    make_endpoint(act_as("owner"), name="A fine one")
    failing = make_endpoint(act_as("owner"), name="B failing one")
    make_endpoint(act_as(user=maker), name="C paused one")
    disabled = make_endpoint(act_as("owner"), name="A disabled one")
    actions.disable_endpoint(act_as("owner"), endpoint=disabled)
    rows.attempt_payload(rows.queue_payload(failing))
    deactivate_user(act_as("owner"), person=maker)
    page = client_as("manager").get("/").content.decode()
    places = [page.index(name) for name in ("C paused", "B failing", "A fine", "A disabled")]
    assert places == sorted(places)
    assert "1 failure in a row" in page
    assert "B failing one" not in client_as("viewer").get("/").content.decode()


def test_the_list_asks_the_same_number_of_questions_for_many(
    master_data: MasterData, act_as: Acts, client_as: Clients, django_assert_max_num_queries: Any
) -> None:
    browser = client_as("owner")
    make_endpoint(act_as("owner"), name="First", hubs=[master_data.north])
    browser.get("/integrations/")
    with django_assert_max_num_queries(100) as few:
        browser.get("/integrations/")
    for number in range(3):
        make_endpoint(act_as("owner"), name=f"Endpoint {number}", hubs=[master_data.north])
    with django_assert_max_num_queries(len(few.captured_queries)):
        browser.get("/integrations/")


def test_the_next_steps_end_when_the_endpoint_is_in_use(
    acacia: Tenant, act_as: Acts, client_as: Clients
) -> None:
    endpoint = make_endpoint(act_as("owner"), is_enabled=False)

    def left() -> list[str]:
        return [str(step.label) for step in next_steps(endpoint) if step.is_done is False]

    assert left() == ["Test event", "Enable", "Sending"]
    assert "Next steps" in client_as("owner").get(f"/integrations/{endpoint.pk}/").content.decode()
    assert "Next steps" not in client_as("manager").get(f"/integrations/{endpoint.pk}/").content.decode()
    rows.attempt_payload(rows.queue_payload(endpoint))
    assert len(left()) == 3, "a failure is no step"
    dispatch = make_dispatch_row(endpoint, kind="test")
    make_attempt_row(dispatch, rows.queue_payload(endpoint), outcome="delivered", http_status=200)
    finish_row(dispatch, delivered=1)
    assert left() == ["Enable", "Sending"]
    unknown = [str(step.label) for step in next_steps(endpoint) if step.is_done is None]
    assert unknown == ["Enter the signing secret", "Let the other system check signatures"]
    page = client_as("owner").get(f"/integrations/{endpoint.pk}/").content.decode()
    checklist = page[page.index('class="checklist"') : page.index("</ol>", page.index('class="checklist"'))]
    assert checklist.count("is-done") == 1, "a system that checks nothing accepts a test event too"
    assert f"/integrations/{endpoint.pk}/secret/" not in checklist, "the secret was saved just now"
    endpoint = actions.enable_endpoint(act_as("owner"), endpoint=endpoint)
    assert left() == ["Sending"]
    issue_token(act_as("owner"), endpoint=endpoint)
    assert left() == []
    assert next_steps(endpoint) == []
