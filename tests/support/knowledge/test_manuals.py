"""The manuals: every clause has a key, words and a page that exists."""

from __future__ import annotations

from collections import Counter

import pytest
from django.urls import reverse

from support.knowledge.manuals import PLACES, clauses, clauses_in

#: Clauses of each section, as many as the manual has lines there.
SUPPORT = {
    "0": 1, "1": 19, "2": 1, "2A": 9, "2B": 8, "2C": 9, "2D": 7, "2E": 6, "2F": 8, "2G": 7, "2H": 6,
    "3A": 15, "3B": 14, "3C": 7, "3D": 7, "3E": 8, "4": 6, "5": 12, "6": 9, "7": 13, "8": 8, "9": 12,
}  # fmt: skip
OPERATIONS = {"0": 2, "1": 25, "2": 26, "3": 16, "4": 13, "5": 15, "6": 10, "7": 11, "8": 9, "9": 12}


@pytest.mark.parametrize(("manual", "sections"), [("support-playbook", SUPPORT), ("operations", OPERATIONS)])
def test_no_line_is_left_out(manual: str, sections: dict[str, int]) -> None:
    found = Counter(clause.key.partition(".")[0] for clause in clauses(manual))
    assert dict(found) == sections
    for clause in clauses(manual):
        assert clause.section.split()[0] == clause.key.partition(".")[0]
        assert clause.text.endswith("."), clause.key
        assert clause.place is PLACES[clause.page]


@pytest.mark.parametrize(
    "row", ["| 1.1 | text |", "| 1.1 | Text. | nowhere |", "| 1.1 |  | inbox |", "|1.1|Text.|inbox|"]
)
def test_a_malformed_row_is_an_error(row: str) -> None:
    with pytest.raises(ValueError, match="not a clause"):
        clauses_in(f"## 1 One\n{row}\n")


def test_a_key_is_used_once() -> None:
    row = "| 1.1 | Text. | inbox |\n"
    with pytest.raises(ValueError, match="used twice"):
        clauses_in(f"## 1 One\n{row}{row}")


@pytest.mark.parametrize("name", PLACES)
def test_every_page_exists(name: str) -> None:
    place = PLACES[name]
    urlconf = "asora.urls_tenant" if place.host == "tenant" else "asora.urls_public"
    assert reverse(place.view, urlconf=urlconf)
    assert bool(place.address) is (place.host == "public")
