"""The page Imports: only the kinds that the reader may import, only the imports that they may see."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm

from ledger.files import overview
from ledger.models import Kind, Posting
from plans.models import Tenant
from tests.factories import people
from tests.factories.documents import import_rows, reverse_posting
from tests.factories.master_data import MasterData
from tests.headers import JSON

ALL = {
    *("/receive/import/", "/issue/import/", "/transfer/import/", "/adjust/import/"),
    *("/categories/import/", "/hubs/import/", "/bins/import/", "/vendors/import/", "/items/import/"),
}


def linked(page: str) -> set[str]:
    return {href for href in re.findall(r'href="([^"]+)"', page) if href.endswith("/import/")}


def row(number: int, hub: str = "NORTH") -> str:
    return f"R-{number},2026-03-02,ACME,BOLT,{hub},A-1,{number},1"


@pytest.mark.parametrize(
    ("role", "links"),
    [
        ("owner", ALL),
        ("manager", ALL),
        ("receiver", {"/receive/import/", "/issue/import/", "/transfer/import/"}),
        ("viewer", set()),
    ],
)
def test_only_what_the_reader_may_import(acacia: Tenant, client_as: Any, role: str, links: set[str]) -> None:
    client = client_as(role)
    page = client.get("/imports/").content.decode()
    assert linked(page) == links
    assert "No movements imported yet" in page
    for link in links:
        assert client.get(link).status_code == 200


def test_where_two_are_needed_no_file_of_adjustments_is_offered(cedar: Tenant, client_as: Any) -> None:
    assert "/adjust/import/" not in linked(client_as("owner").get("/imports/").content.decode())
    assert client_as("counter").get("/imports/").status_code == 403


def test_each_import_once_newest_first_with_what_is_left_of_it(
    master_data: MasterData, act_as: Any, client_as: Any
) -> None:
    act = act_as("manager")
    done = [
        import_rows(act, Kind.RECEIPT, *(row(number + place) for place in range(3)))
        for number in (10, 20, 30)
    ]
    reverse_posting(act, done[0].positions[1])
    for position in done[1].positions:
        reverse_posting(act, position)
    response = client_as("viewer").get("/imports/")
    assert [(first.batch, extent.total, extent.left) for first, extent in response.context["rows"]] == [
        (done[2].batch, 3, 3),
        (done[1].batch, 3, 0),
        (done[0].batch, 3, 2),
    ]
    page = response.content.decode()
    assert all(f"/ledger/batches/{one.batch}/" in page for one in done)


def test_imports_at_other_hubs_are_hidden(master_data: MasterData, act_as: Any, client_as: Any) -> None:
    for number, hub in enumerate(("NORTH", "SOUTH"), start=1):
        import_rows(act_as("manager"), Kind.RECEIPT, row(number, hub))
    user = people.add_person("manager", name="limited", all_hubs=False)
    assign_perm("inventory.operate_hub", user, master_data.north)
    shown = client_as(user=user).get("/imports/").context
    assert [first.reference for first, _extent in shown["rows"]] == ["R-1"]
    assert shown["page"].count == 1


def test_page_by_page(
    master_data: MasterData, act_as: Any, client_as: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 6):
        import_rows(act_as("manager"), Kind.RECEIPT, row(number))
    monkeypatch.setattr(overview, "BATCHES", replace(overview.BATCHES, page_size=2))
    client, after, seen = client_as("manager"), "", []
    for _page in range(3):
        context = client.get("/imports/", {"after": after}).context
        seen += [first.reference for first, _extent in context["rows"]]
        after = context["page"].after
    assert seen == ["R-5", "R-4", "R-3", "R-2", "R-1"]
    for nonsense in ({"after": "x"}, {"before": "\x00"}):
        assert client.get("/imports/", nonsense, headers=JSON).status_code == 400
    assert client.get("/imports/", {"format": "csv"}, headers=JSON).status_code == 404


def test_a_large_import_is_found_by_its_first_posting_only(
    master_data: MasterData, act_as: Any, client_as: Any
) -> None:
    client = client_as("manager")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/imports/").status_code == 200
        return len(captured)

    import_rows(act_as("manager"), Kind.RECEIPT, row(1))
    few = queries()
    import_rows(act_as("manager"), Kind.RECEIPT, *(row(number) for number in range(100, 400)))
    assert Posting.objects.count() == 301
    assert queries() == few
