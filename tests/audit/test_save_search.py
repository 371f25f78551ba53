"""Saved searches: private or shared, deleted by their owner, and never with their name in the trail."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from guardian.shortcuts import assign_perm

from asora.kernel.refusals import PermissionDenied, RouteNotFound, ValidationFailed
from audit.events.models import Event
from audit.explorer.event_query import EventQuery
from audit.explorer.models import SavedSearch
from audit.explorer.searches import queries
from audit.explorer.searches.actions import delete_search, save_search
from tests.factories.people import act_of, add_person, person
from tests.factories.tenants import in_tenant
from tests.headers import JSON

NEW, LIST = "/audit/searches/new/", "/audit/searches/"
REFUSALS = EventQuery(outcome="refused", reason="STALE_FORM")


def saved(act: Any, name: str = "Late forms", *, is_shared: bool = False) -> SavedSearch:
    return save_search(act, name=name, query=REFUSALS, is_shared=is_shared)


def last_event() -> Event:
    return Event.objects.latest("number")


def test_it_works_from_the_explorer_to_the_list(acacia: Any, client_as: Any) -> None:
    owner = client_as("owner")
    page = owner.get("/audit/", {"outcome": "refused"}).content.decode()
    assert f"{NEW}?q=outcome%3Arefused" in page
    assert 'value="outcome:refused"' in owner.get(NEW, {"q": "outcome:refused"}).content.decode()
    answer = owner.post(
        NEW, {"name": "Every refusal", "query": "outcome:refused", "is_shared": "on"}, follow=True
    )
    assert answer.redirect_chain[-1][0] == "/audit/?outcome=refused"
    page = answer.content.decode()
    assert "The search “Every refusal” is saved." in page
    assert 'aria-current="true"' in page
    listed = owner.get(LIST).content.decode()
    assert "Every refusal" in listed
    search = SavedSearch.objects.get()
    assert owner.post(f"{LIST}{search.pk}/delete/", follow=True).status_code == 200
    assert not SavedSearch.objects.exists()


def test_it_is_recorded_without_its_name(acacia: Any, act_as: Any) -> None:
    search = saved(act_as("owner"), "What Mary did", is_shared=True)
    event = last_event()
    assert (event.action, event.outcome, event.resource_id) == (
        "audit.search.save",
        "allowed",
        str(search.pk),
    )
    values = {"query": "outcome:refused reason:STALE_FORM", "is_shared": True, "name_length": 13}
    assert event.changes[0]["after"] == values
    delete_search(act_as("owner"), search=search.pk)
    assert last_event().changes[0]["before"] == values
    for event in Event.objects.all():
        assert "Mary" not in str(vars(event))


def test_a_refused_name_is_not_recorded_either(acacia: Any, client_as: Any) -> None:
    answer = client_as("owner").post(NEW, {"name": "Mary's", "query": "colour:red"})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert 'value="Mary&#x27;s"' in page, "nothing that was typed is lost"
    assert 'value="colour:red"' in page
    assert "There is no filter “colour”." in page
    event = last_event()
    assert (event.action, event.code) == ("audit.search.save", "VALIDATION_FAILED")
    assert "Mary" not in str(vars(event))


def test_the_viewer_may_not(acacia: Any, act_as: Any, client_as: Any) -> None:
    with pytest.raises(PermissionDenied):
        saved(act_as("viewer"))
    assert not SavedSearch.objects.exists()
    for address in (LIST, NEW):
        assert client_as("viewer").get(address, headers=JSON).status_code == 403


def test_a_private_one_is_seen_by_its_owner_only(acacia: Any, act_as: Any, client_as: Any) -> None:
    search = saved(act_as("owner"))
    assert "Late forms" in client_as("owner").get(LIST).content.decode()
    for address in (LIST, "/audit/"):
        assert "Late forms" not in client_as("manager").get(address).content.decode()
    with pytest.raises(RouteNotFound):
        delete_search(act_as("manager"), search=search.pk)
    assert SavedSearch.objects.filter(pk=search.pk).exists()


def test_a_shared_one_is_seen_by_all_and_deleted_by_its_owner(
    acacia: Any, act_as: Any, client_as: Any
) -> None:
    search = saved(act_as("owner"), is_shared=True)
    manager = client_as("manager")
    for address in (LIST, "/audit/"):
        assert "Late forms" in manager.get(address).content.decode()
    assert "Delete" not in manager.get(LIST).content.decode().split("<tbody>")[1]
    with pytest.raises(RouteNotFound):
        delete_search(act_as("manager"), search=search.pk)
    delete_search(act_as("owner"), search=search.pk)


def test_one_that_names_a_hub_or_a_record_is_seen_by_readers_of_all_hubs(
    master_data: Any, act_as: Any
) -> None:
    texts = ("hub:SOUTH", 'outcome:refused record:"SOUTH/A-1"', "outcome:refused")
    for number, text in enumerate(texts):
        save_search(act_as("owner"), name=f"S {number}", query=EventQuery.parse(text), is_shared=True)
    limited = add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", limited, master_data.north)

    assert queries.readable(act_as("manager").actor).count() == 3
    assert [search.query for search in queries.readable(act_as(user=limited).actor)] == ["outcome:refused"]


def test_who_manages_people_removes_shared_ones_of_others_but_no_private_ones(
    acacia: Any, act_as: Any
) -> None:
    shared = saved(act_as("manager"), "Shared", is_shared=True)
    private = saved(act_as("manager"), "Private")
    delete_search(act_as("owner"), search=shared.pk)
    with pytest.raises(RouteNotFound):
        delete_search(act_as("owner"), search=private.pk)


def test_a_name_is_used_once_by_one_person(acacia: Any, act_as: Any) -> None:
    saved(act_as("owner"))
    saved(act_as("manager"))
    with pytest.raises(ValidationFailed) as refused:
        saved(act_as("owner"))
    assert refused.value.reason == "CODE_TAKEN"
    assert "name" in refused.value.details["fields"]


def test_a_query_without_a_filter_is_refused(acacia: Any, act_as: Any) -> None:
    with pytest.raises(ValidationFailed) as refused:
        save_search(act_as("owner"), name="All", query=EventQuery(), is_shared=False)
    assert refused.value.reason == "NO_DATA"


def test_one_that_is_gone_is_refused(acacia: Any, act_as: Any) -> None:
    with pytest.raises(RouteNotFound):
        delete_search(act_as("owner"), search=uuid4())


def test_the_other_tenant_sees_nothing(acacia: Any, birch: Any, act_as: Any, client_as: Any) -> None:
    with in_tenant(birch):
        foreign = save_search(
            act_of(person("owner", birch), birch), name="Of Birch", query=REFUSALS, is_shared=True
        )
    owner = client_as("owner")
    assert "Of Birch" not in owner.get(LIST).content.decode()
    assert owner.post(f"{LIST}{foreign.pk}/delete/", headers=JSON).status_code == 404
    with in_tenant(birch):
        assert SavedSearch.objects.filter(pk=foreign.pk).exists()


def test_an_agent_of_support_and_a_command_have_none(acacia: Any, act_as: Any) -> None:
    saved(act_as("owner"), is_shared=True)
    outside = act_as("owner").in_tenant(acacia).actor
    assert not queries.may_save(outside)
    assert not queries.readable(outside).exists()


def test_a_search_that_the_product_no_longer_understands_says_so(acacia: Any, client_as: Any) -> None:
    owner = add_person("owner", name="second")
    SavedSearch.objects.create(name="Old", query="colour:red", owner=owner.ref)
    page = client_as(user=owner).get(LIST).content.decode()
    assert "/audit/?q=colour%3Ared" in page or "/audit/?q=colour:red" in page
    assert client_as(user=owner).get("/audit/", {"q": "colour:red"}).status_code == 400
