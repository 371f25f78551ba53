"""Lists: paging by key, forwards and back, over rows that tie; keys that nobody can forge."""

from __future__ import annotations

import base64
import json

import pytest
from django import forms

from asora.kernel import listing
from asora.kernel.listing import Column, Listing
from asora.kernel.refusals import ValidationFailed
from inventory.models import Vendor


class ByName(forms.Form):
    name = forms.CharField(required=False)


def rows_of(act, filters):
    rows = Vendor.objects.all()
    return rows.filter(name=filters["name"]) if filters.get("name") else rows


def vendors(*, descending: bool = False, page_size: int = 3, name: str = "vendors") -> Listing:
    return Listing(
        name=name,
        columns=[Column("code", "Code", lambda row: row.code)],
        order=("name", "id"),
        query=rows_of,
        filters=ByName,
        descending=descending,
        page_size=page_size,
    )


@pytest.fixture
def ten(acacia):
    """Ten vendors, many with the same name: the name alone cannot mark the end of a page."""
    return Vendor.objects.bulk_create(Vendor(code=f"V{n}", name=f"N{n // 4}") for n in range(10))


@pytest.mark.parametrize("descending", [False, True])
def test_every_row_comes_once_forwards_and_back(ten, act_as, descending):
    act, found = act_as("manager"), vendors(descending=descending)
    expected = sorted(((row.name, row.pk) for row in ten), reverse=descending)
    pages, after = [], ""
    while True:
        page = found.page(act, {}, after=after)
        pages.append([(row.name, row.pk) for row in page.rows])
        assert bool(page.before) == bool(after)
        after = page.after
        if not after:
            break
    assert [len(rows) for rows in pages] == [3, 3, 3, 1]
    assert [row for rows in pages for row in rows] == expected
    back = [pages[-1]]
    before = page.before
    while before:
        page = found.page(act, {}, before=before)
        back.insert(0, [(row.name, row.pk) for row in page.rows])
        assert page.after
        before = page.before
    assert back == pages


def test_rows_that_arrive_meanwhile_shift_nothing(ten, act_as):
    act = act_as("manager")
    first = vendors().page(act, {})
    Vendor.objects.create(code="EARLY", name="A")
    second = vendors().page(act, {}, after=first.after)
    assert not {row.pk for row in first.rows} & {row.pk for row in second.rows}


def test_the_filter_narrows_pages_and_count(ten, act_as):
    page = vendors().page(act_as("manager"), {"name": "N1"})
    assert {row.name for row in page.rows} == {"N1"}
    assert (page.count, page.capped, page.count_label) == (4, False, "4")


def test_counting_stops_at_the_cap(ten, act_as, monkeypatch):
    monkeypatch.setattr(listing, "COUNT_CAP", 5)
    page = vendors().page(act_as("manager"), {})
    assert (page.count, page.capped, page.count_label) == (5, True, "5+")


def packed(values) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


BROKEN = {
    "nonsense": "nonsense",
    "not base64": "?:x",
    "unsigned": packed([["s", "N1"], ["i", "3"]]),
    "wrong type": packed([["s", "N1"], ["s", "three"]]),
    "too large": packed([["s", "N1"], ["i", "9" * 30]]),
    "a NUL": packed([["s", "\x00"], ["i", "1"]]),
    "deep": packed(json.loads("[" * 500 + "]" * 500)),
    "empty": packed([]),
}


@pytest.mark.parametrize("key", BROKEN.values(), ids=BROKEN)
def test_a_key_that_the_list_did_not_make_is_refused(ten, act_as, key):
    for side in ("after", "before"):
        with pytest.raises(ValidationFailed):
            vendors().page(act_as("manager"), {}, **{side: key})


def test_a_key_of_another_list_or_tenant_is_refused(ten, birch, act_as):
    act = act_as("manager")
    key = vendors().page(act, {}).after
    with pytest.raises(ValidationFailed):
        vendors(name="others").page(act, {}, after=key)
    with pytest.raises(ValidationFailed):
        vendors().page(act_as("manager", tenant=birch), {}, after=key)


def test_a_download_has_every_row_in_order(ten, act_as):
    rows = list(vendors().rows(act_as("manager"), {}))
    assert [(row.name, row.pk) for row in rows] == sorted((row.name, row.pk) for row in ten)
