"""Variables of replies: which are known, and how their values are filled in."""

from __future__ import annotations

import pytest

from support.markdown import message_html
from support.replies.variables import VARIABLES, literal, names_in, rendered, unescaped


def test_each_variable_is_filled_with_its_value():
    made = rendered("{ticket.ref} at { tenant.name }", {"ticket.ref": "T-000012", "tenant.name": "Acacia"})
    assert made.text == "T-000012 at Acacia"
    assert made.unknown == ()
    assert made.empty == ()


@pytest.mark.parametrize(
    "name", ["ticket", "ticket.number", "self.__class__", "Ticket.Ref", "tenant.schema_name", "x"]
)
def test_an_unknown_variable_is_named_and_stays_in_the_text(name):
    made = rendered(f"Hello {{{name}}}", {"ticket.ref": "T-000012"})
    assert made.unknown == (name,)
    assert f"{{{name}}}" in made.text


def test_a_variable_without_a_value_is_named():
    assert rendered("{rule.limit} of {rule.usage}", {"rule.limit": "3", "rule.usage": ""}).empty == (
        "rule.usage",
    )


def test_a_value_is_filled_in_once():
    made = rendered("{tenant.name}", {"tenant.name": "{ticket.ref}", "ticket.ref": "T-000012"})
    assert made.text == "{ticket.ref}"


def test_json_in_a_text_is_no_variable():
    assert names_in('{"sku": "A-1"} {} { } {1}') == []


@pytest.mark.parametrize(
    "value",
    [
        "*Acacia*",
        "[a](https://example.com)",
        "<b>x</b>",
        "`x`",
        "_x_",
        "~~x~~",
        "a | b",
        "back\\slash",
        "two\nlines",
    ],
)
def test_a_value_is_shown_as_it_is(value):
    html = message_html(f"before {literal(value)} after")
    for tag in ("<em", "<a", "<b>", "<code", "<s>", "<strong"):
        assert tag not in html
    assert unescaped(literal(value)) == " ".join(value.split())


def test_ids_and_codes_need_no_backslash():
    for text in (
        "PLAN_LIMIT_EXCEEDED",
        "acacia-019a7",
        "inventory.item.create",
        "2026-11-29 01:00 UTC",
        "T-000012",
    ):
        assert literal(text) == text


def test_every_variable_has_a_description():
    assert all(str(text) for text in VARIABLES.values())
