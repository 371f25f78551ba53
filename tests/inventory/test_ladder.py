"""The ladder of tests of every change of master data, the same for each noun."""

from __future__ import annotations

from typing import Any

import pytest

from asora.kernel.refusals import (
    AuthRequired,
    PermissionDenied,
    PlanLimitExceeded,
    Reason,
    StateConflict,
    ValidationFailed,
)
from audit.events.models import Event
from inventory.actions.items import create_item
from inventory.models import Category, Item, ItemRevision
from plans.catalogue import CEILINGS
from plans.models import Tenant
from tests.factories.items import default_category, default_hub
from tests.inventory.nouns import NOUNS, Noun


@pytest.fixture(params=NOUNS.values(), ids=NOUNS)
def noun(request: Any, acacia: Tenant) -> Noun:
    """Each noun in turn, at Acacia."""
    return request.param


def last_event() -> Event:
    return Event.objects.order_by("-occurred_at", "-id")[0]


def ways(noun: Noun, act: Any, record: Any) -> dict[str, Any]:
    """Every way to change a record of the noun, as calls that have not been made yet."""
    return {
        "create": lambda: noun.make(act, "OTHER"),
        "edit": lambda: noun.rename(act, record, "Another name"),
        "archive": lambda: noun.end(act, record),
        "import": lambda: noun.import_file(act, content=noun.file.encode()),
    }


WAYS = ("create", "edit", "archive", "import")


def test_works_from_first_to_last(noun: Noun, act_as: Any) -> None:
    record = noun.make(act_as("manager"), "A-1")
    record = noun.rename(act_as("manager"), record, "Second name")
    assert (record.name, record.version, record.is_archived) == ("Second name", 2, False)
    assert noun.end(act_as("manager"), record).is_archived
    assert not noun.bring_back(act_as("manager"), record).is_archived
    assert noun.model.objects.get(pk=record.pk).version == 4


def test_is_recorded_with_what_changed_and_nothing_else(noun: Noun, act_as: Any) -> None:
    record = noun.make(act_as("manager"), "A-1")
    created = last_event()
    assert (created.action, created.outcome) == (f"inventory.{noun.name}.create", "allowed")
    assert (created.resource_id, created.resource_label) == (str(record.pk), "A-1")
    assert created.changes[0]["before"] == {}
    assert created.changes[0]["after"]["name"] == "First name"
    noun.rename(act_as("manager"), record, "Second name")
    assert last_event().changes[0]["before"] == {"name": "First name", "version": 1}
    assert last_event().changes[0]["after"] == {"name": "Second name", "version": 2}


def test_an_edit_without_a_difference_is_nothing_to_do(noun: Noun, act_as: Any) -> None:
    record = noun.make(act_as("manager"), "A-1")
    noun.rename(act_as("manager"), record, "First name")
    assert last_event().outcome == "noop"
    assert noun.model.objects.get(pk=record.pk).version == 1


@pytest.mark.parametrize("way", WAYS)
def test_refuses_the_viewer_and_leaves_only_the_event(noun: Noun, way: str, act_as: Any) -> None:
    record = noun.make(act_as("manager"), "A-1")
    before = list(noun.model.objects.order_by("pk").values())
    with pytest.raises(PermissionDenied):
        ways(noun, act_as("viewer"), record)[way]()
    assert list(noun.model.objects.order_by("pk").values()) == before
    event = last_event()
    assert (event.action, event.outcome, event.code) == (
        f"inventory.{noun.name}.{way}",
        "refused",
        "PERMISSION_DENIED",
    )
    assert event.decision[-1]["rule"] == "inventory.manage"


@pytest.mark.parametrize("way", WAYS)
def test_hides_from_the_other_tenant(noun: Noun, way: str, act_as: Any) -> None:
    record = noun.make(act_as("manager"), "A-1")
    with pytest.raises(AuthRequired):
        ways(noun, act_as("outsider"), record)[way]()


def test_the_other_tenants_page_finds_nothing(noun: Noun, act_as: Any, birch: Any, client_as: Any) -> None:
    noun.make(act_as("manager"), "A-1")
    assert client_as("viewer").get(f"{noun.url}A-1/").status_code == 200
    assert client_as("owner", tenant=birch).get(f"{noun.url}A-1/").status_code == 404


@pytest.mark.parametrize("way", ["create", "import"])
def test_obeys_the_ceiling(noun: Noun, way: str, act_as: Any, monkeypatch: Any) -> None:
    record = noun.make(act_as("manager"), "A-1")
    default_hub(), default_category()
    monkeypatch.setitem(CEILINGS["pro"], noun.ceiling, noun.model.objects.count())
    with pytest.raises(PlanLimitExceeded):
        ways(noun, act_as("manager"), record)[way]()
    assert not noun.model.objects.filter(name__in=["Another name", "Chain", "Tyres"]).exists()
    assert last_event().decision[-1]["limit"] == noun.model.objects.count()


def test_a_stale_form_is_told_what_changed_and_by_whom(noun: Noun, act_as: Any) -> None:
    record = noun.make(act_as("manager"), "A-1")
    noun.rename(act_as("owner"), record, "Second name")
    with pytest.raises(StateConflict) as refused:
        noun.rename(act_as("manager"), record, "Third name", version=1)
    (edit,) = refused.value.details["edits"]
    assert refused.value.reason is Reason.STALE_FORM
    assert (edit["field"], edit["from"], edit["to"]) == ("name", "First name", "Second name")
    assert edit["by"] == act_as("owner").actor.ref
    assert noun.model.objects.get(pk=record.pk).name == "Second name"


def test_archived_twice_or_edited_in_the_archive_is_a_conflict(noun: Noun, act_as: Any) -> None:
    record = noun.end(act_as("manager"), noun.make(act_as("manager"), "A-1"))
    for change in (noun.end, lambda act, record: noun.rename(act, record, "Other")):
        with pytest.raises(StateConflict) as refused:
            change(act_as("manager"), record)
        assert refused.value.reason is Reason.ALREADY_ARCHIVED
    noun.bring_back(act_as("manager"), record)
    with pytest.raises(StateConflict) as refused:
        noun.bring_back(act_as("manager"), record)
    assert refused.value.reason is Reason.NOT_ARCHIVED


def test_codes_differ_by_more_than_case(noun: Noun, act_as: Any) -> None:
    noun.make(act_as("manager"), "A-1")
    with pytest.raises(ValidationFailed) as refused:
        noun.make(act_as("manager"), "a-1")
    assert refused.value.reason is (Reason.SKU_TAKEN if noun.name == "item" else Reason.CODE_TAKEN)


@pytest.mark.parametrize("name", ["a\x00b", "two\nlines", "x" * 301, "\u202eexe.txt"])
def test_names_that_are_no_line_of_text_are_refused(noun: Noun, name: str, act_as: Any) -> None:
    with pytest.raises(ValidationFailed) as refused:
        noun.make(act_as("manager"), "A-1", name)
    assert "name" in refused.value.details["fields"]


@pytest.mark.parametrize("name", ["=cmd()", "Kette 🚲 ⛓️", "שרשרת אופניים", "x" * 300, "O'Hara <b>&amp;"])
def test_names_in_any_script_are_kept_as_they_are(noun: Noun, name: str, act_as: Any, client_as: Any) -> None:
    record = noun.make(act_as("manager"), "A-1", name)
    assert noun.model.objects.get(pk=record.pk).name == name
    page = client_as("viewer").get(f"{noun.url}A-1/")
    assert page.status_code == 200
    assert "<b>&amp;" not in page.content.decode()


@pytest.mark.parametrize("code", ["new", "IMPORT", "a b", "../x", "-x", "", "x" * 65, "ü", "a\x00"])
def test_codes_that_cannot_stand_in_an_address_are_refused(noun: Noun, code: str, act_as: Any) -> None:
    with pytest.raises(ValidationFailed):
        noun.make(act_as("manager"), code)


def test_eight_people_and_one_place_left(
    committed_tenant: Any, act_as: Any, threads: Any, monkeypatch: Any
) -> None:
    committed_tenant(plan="free")
    category = Category.objects.create(code="GOODS", name="Goods")
    Item.objects.bulk_create(
        Item(sku=f"OLD-{n}", name="Old", category=category, unit="EA") for n in range(99)
    )
    acts = [act_as("manager") for _ in range(8)]

    def create(number: int) -> Item:
        return create_item(acts[number], sku=f"NEW-{number}", name="New", category=category, unit="EA")

    results = threads(8, create)
    refused = [result for result in results if isinstance(result, PlanLimitExceeded)]
    assert len(refused) == 7, results
    assert sum(isinstance(result, Item) for result in results) == 1
    assert Item.objects.count() == 100
    assert ItemRevision.objects.count() == 1
    outcomes = Event.objects.filter(action="inventory.item.create").values_list("outcome", flat=True)
    assert sorted(outcomes) == ["allowed", *["refused"] * 7]
