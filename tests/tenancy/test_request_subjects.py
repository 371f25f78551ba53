"""The event of a refused page names the action behind the page or button, and its record."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from asora.kernel.words import SENTENCES
from asora.web.request_subjects import RECORD_ADDRESSES
from inventory.models import Bin, Hub, Item
from plans.models import Tenant
from support.words import LOOK
from tests.factories.master_data import make_master_data
from tests.factories.people import add_person
from tests.headers import JSON
from tests.kernel.actions import every_action
from tests.tenancy.routes import PUBLIC, TENANT, Route, routes

ALL = [*routes(TENANT), *routes(PUBLIC)]
CLOSED = [route for route in ALL if route.policy != "anyone"]
#: Questions that take some work are asked by POST, so that no link or reload asks them again. They change nothing.
ASKING = {"/audit/now/", "/audit/why/"}
#: Who has a ticket open is no record: it is forgotten after some seconds.
UNRECORDED = {"/support/tickets/<str:ref>/present/"}
CHANGING = [route for route in CLOSED if "POST" in route.methods and str(route) not in ASKING | UNRECORDED]
BY_PERMISSION = [(conf, route) for conf in (TENANT, PUBLIC) for route in routes(conf) if "." in route.policy]
#: Pages that only read, or without a record in their URL.
OF_NO_RECORD = {
    "/reports/<slug:report>/",
    "/admin/onboarding/templates/<slug:step>.csv",
    "/audit/requests/<str:request_id>/",
    "/integrations/event-types/<str:name>/",
    "/integrations/event-types/<str:name>/schema.json",
    "/integrations/verify/<str:file>",
}


def tries(route: Route) -> str:
    """The action that a page declares."""
    return str(getattr(route.view, "tries", ""))


@pytest.mark.parametrize("route", CHANGING, ids=str)
def test_every_page_and_button_that_changes_something_names_its_action(route):
    if tries(route) == LOOK:
        return  # the tenant's own page, which an agent opens, names the action
    action = every_action().get(tries(route))
    assert action is not None, f"{route}: page(tries=…) names no action"
    assert action.name in SENTENCES


@pytest.mark.parametrize("route", CLOSED, ids=str)
def test_every_address_of_a_record_says_which(route):
    if "<" not in str(route) or str(route) in OF_NO_RECORD:
        return
    start = max((start for start in RECORD_ADDRESSES if route.pattern.startswith(start)), key=len)
    assert RECORD_ADDRESSES[start].lookup, (
        f"{route}: RECORD_ADDRESSES of asora.web.request_subjects does not name it"
    )


def asked(client: Any, route: Route, method: str) -> Any:
    return getattr(client, method.lower())(route.address, headers=JSON)


@pytest.mark.parametrize("conf", [TENANT, PUBLIC])
def test_whoever_lacks_the_permission_is_found_by_the_action(acacia, public, client_as, events, conf):
    """For every route and method: where an action was tried, the event names the action, not only the page."""
    where = acacia if conf == TENANT else public
    from django_tenants.utils import tenant_context

    with tenant_context(where):
        client = client_as(user=add_person("nothing"), tenant=where)
        for route in routes(conf):
            if "." not in route.policy:
                continue
            for method in route.methods:
                response = asked(client, route, method)
                [event] = events(request_id=response["X-Request-ID"])
                wanted = tries(route) or "page.open"
                if response.json()["reason"] == "STEP_UP_REQUIRED":
                    assert (event.action, event.facts["for"]) == ("accounts.identity.ask", wanted), route
                    continue
                assert (event.outcome, event.action) == ("refused", wanted), f"{method} {route}"
                assert event.decision[-1]["rule"] == route.policy


class TestRecord:
    """The resource of a refused button."""

    @pytest.mark.parametrize(
        ("address", "action", "model", "label"),
        [
            ("/items/bolt/archive/", "inventory.item.archive", Item, "BOLT"),
            ("/hubs/NORTH/archive/", "inventory.hub.archive", Hub, "NORTH"),
            ("/bins/NORTH/A-1/archive/", "inventory.bin.archive", Bin, "A-1"),
        ],
    )
    def test_is_the_one_that_the_address_names(
        self, acacia: Tenant, client_as: Any, events: Any, address: str, action: str, model: Any, label: str
    ) -> None:
        make_master_data()
        client_as("viewer").post(address, headers=JSON)
        [event] = events(action=action, outcome="refused")
        record = model.objects.get(pk=event.resource_id)
        assert (event.resource_type, event.resource_label) == (model._meta.label_lower, str(record))
        assert label in event.resource_label

    def test_a_new_one_has_a_kind_and_no_id(self, acacia: Tenant, client_as: Any, events: Any) -> None:
        client_as("viewer").get("/items/new/")
        [event] = events(action="inventory.item.create")
        assert (event.resource_type, event.resource_id) == ("inventory.item", "")

    def test_one_that_is_not_there_is_named_as_it_was_typed(
        self, acacia: Tenant, client_as: Any, events: Any
    ) -> None:
        client_as("manager").post("/items/NUT/archive/", headers=JSON)
        [event] = events(action="inventory.item.archive")
        assert (event.reason, event.resource_id, event.resource_label) == ("NO_SUCH_RECORD", "", "NUT")

    @pytest.mark.parametrize("code", ["%00", "%ff", "x" * 3000])
    def test_a_strange_one_is_refused_and_no_crash(
        self, acacia: Tenant, client_as: Any, events: Any, code: str
    ) -> None:
        answer = client_as("viewer").post(f"/items/{code}/archive/", headers=JSON)
        assert answer.status_code in {400, 403, 404}
        assert events()[-1].outcome == "refused"

    def test_an_id_that_no_table_can_hold(self, acacia: Tenant, client_as: Any, events: Any) -> None:
        assert client_as("viewer").post(f"/ledger/{10**30}/reverse/", headers=JSON).status_code == 403
        assert events(action="ledger.reversal.post")[-1].resource_id == ""

    def test_the_filter_by_action_finds_it(self, acacia: Tenant, client_as: Any) -> None:
        client_as("viewer").get("/items/new/")
        shown = client_as("owner").get("/audit/?action=inventory.item.create").content.decode()
        assert "ROLE_LACKS_PERMISSION" in shown
        assert "tried to create item" in shown

    def test_of_a_bin_the_event_is_its_hubs(self, acacia: Tenant, client_as: Any, events: Any) -> None:
        make_master_data()
        client_as("viewer").post("/bins/SOUTH/DOCK/archive/", headers=JSON)
        [event] = events(action="inventory.bin.archive")
        assert event.hubs == [Hub.objects.get(code="SOUTH").pk]

    def test_what_may_be_of_several_hubs_is_for_who_works_at_all(
        self, acacia: Tenant, client_as: Any, events: Any
    ) -> None:
        client_as("viewer").post(f"/adjust/requests/{uuid.uuid4()}/post/", headers=JSON)
        [event] = events(action="ledger.request.post")
        assert event.hubs is None


def test_a_missing_token_says_what_was_tried(acacia, client_as, events):
    client_as("owner", enforce_csrf_checks=True).post("/vendors/new/", {}, headers=JSON)
    [event] = events()
    assert (event.action, event.reason) == ("inventory.vendor.create", "CSRF_FAILED")


def test_a_refused_download_of_a_list_is_one(acacia, client_as, events):
    client_as(user=add_person("nothing")).get("/items/?format=csv", headers=JSON)
    assert events()[-1].action == "list.download"


def test_a_page_that_breaks_says_what_was_tried(acacia, client_as, events, monkeypatch):
    def broken(*args: Any, **values: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("inventory.views.items.form_page", broken)
    client_as("owner", raise_request_exception=False).get("/items/new/")
    [event] = events()
    assert (event.action, event.outcome) == ("inventory.item.create", "failed")


def test_through_the_door_too_being_asked_who_one_is_refuses_nothing(acacia, act_as, events):
    from asora.accounts.people.actions.people import deactivate_user
    from asora.kernel.refusals import AuthRequired

    act = act_as("owner")
    object.__setattr__(act.actor, "proved_at", None)
    person = add_person("viewer", name="vera")
    with pytest.raises(AuthRequired):
        deactivate_user(act, person=person)
    [event] = events()
    assert (event.action, event.outcome, event.reason) == ("accounts.identity.ask", "noop", "")
    assert event.facts["for"] == "accounts.user.deactivate"
    assert event.resource_label == person.ref
