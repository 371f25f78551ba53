"""What a reply has to include: each part alone."""

from __future__ import annotations

import pytest

from support.replies.must_include import MISSING, Needs, Part, missing_parts

NEEDS = Needs(
    ticket_ref="T-000012",
    resolves=False,
    next_update="2026-11-30 09:00 UTC",
    request_ids=["acacia-1", "acacia-2"],
    rule="PLAN_ITEMS",
    outcome="refused",
    doc_link="https://acacia.example.com/help/codes/#PLAN_LIMIT_EXCEEDED",
)
WHOLE = """About T-000012: request acacia-2 was refused by the rule PLAN_ITEMS.

Next step: archive an item. We write again by 2026-11-30 09:00 UTC.
https://acacia.example.com/help/codes/#PLAN_LIMIT_EXCEEDED"""
PARTS = {
    Part.TICKET_REF: "T-000012",
    Part.NEXT_STEP: "Next step",
    Part.NEXT_UPDATE: "2026-11-30 09:00 UTC",
    Part.REQUEST_ID: "acacia-2",
    Part.RULE: "PLAN_ITEMS",
    Part.OUTCOME: "refused",
    Part.DOC_LINK: "https://acacia.example.com/help/codes/#PLAN_LIMIT_EXCEEDED",
}


def resolving(**changed: object) -> Needs:
    values = {"ticket_ref": "T-000012", "resolves": True, **changed}
    return Needs(**values)  # type: ignore[arg-type]


def test_a_whole_reply_lacks_nothing():
    assert missing_parts(WHOLE, NEEDS) == []


@pytest.mark.parametrize("part", list(Part))
def test_each_part_is_missed_alone(part):
    assert missing_parts(WHOLE.replace(PARTS[part], "…"), NEEDS) == [part]
    assert str(MISSING[part])


def test_a_reply_that_resolves_needs_a_resolution_and_no_next_update():
    assert missing_parts("T-000012. Resolution: the limit was raised.", resolving()) == []
    assert missing_parts("T-000012. Thank you.", resolving()) == [Part.NEXT_STEP]


def test_one_of_several_requests_is_enough_and_none_is_needed_without_evidence():
    assert missing_parts("T-000012 resolved acacia-1", resolving(request_ids=["acacia-1", "acacia-2"])) == []
    assert missing_parts("T-000012 resolved", resolving()) == []


def test_a_rule_that_the_evidence_does_not_have_cannot_be_named():
    assert missing_parts("T-000012 resolved", resolving(rule="", outcome="refused")) == [
        Part.RULE,
        Part.OUTCOME,
    ]


def test_escaped_values_are_found_as_they_are_read():
    assert missing_parts(r"T-000012 resolved \<none\>", resolving(rule=r"\<none\>")) == []


def test_a_next_update_is_needed_even_if_none_was_set():
    assert Part.NEXT_UPDATE in missing_parts(WHOLE, Needs(ticket_ref="T-000012", resolves=False))
