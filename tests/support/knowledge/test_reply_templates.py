"""Reply templates: their variables, what each of them contains once it is filled, and what a reply has to contain."""

from __future__ import annotations

import pytest

from support.investigations.determinations import DETERMINATIONS, Determinable
from support.knowledge.models import Entry
from support.knowledge.must_include import Requirement, missing, requirements_of
from support.knowledge.phrases import findings
from support.knowledge.reply_templates import VARIABLES, fill, prepare, variables_of
from support.knowledge.shipped_texts import Shipped, shipped
from tests.support.knowledge.test_phrases import RULES

TEMPLATES = [one for one in shipped() if one.kind == Entry.Kind.REPLY_TEMPLATE]
[POLICY] = [one for one in shipped() if (one.kind, one.key) == (Entry.Kind.POLICY, "must_include")]
REQUIREMENTS = requirements_of(POLICY.rule)
VALUES = {
    "ticket.ref": "T-000012",
    "tenant.name": "Acacia Ltd",
    "request.id": "acacia-0198",
    "event.time_utc": "29 November 2026, 09:14 UTC",
    "event.action": "created an item",
    "rule.name": "plan limit of items",
    "rule.limit": "100 items",
    "rule.usage": "100 items",
    "rule.permission": "Manage master data",
    "audit.outcome": "refused, PLAN_LIMIT_EXCEEDED PLAN_ITEMS",
    "doc.link": "https://asora.example/help/plan-limits/",
    "next_update_at": "1 December 2026, 16:00 UTC",
    "known_issue.title": "Labels are cut off",
    "known_issue.workaround": "Print them on A4.",
    "report.rows": "1,204 rows",
    "ledger.summary": "Receipts 120, issues 20, adjustments -4: 96.",
    "incident.ref": "INC-0001",
    "incident.state": "investigating",
    "plan.name": "Free",
    "missing_info": "- the request id",
}
#: Conditions of the ticket that each kind of template is for.
KINDS = {"acknowledgement": "acknowledges", "info_request": "asks"}


def conditions_of(template: Shipped) -> set[str]:
    rule = template.rule
    found = {KINDS[rule["draft"]]} if rule["draft"] in KINDS else {"investigated"}
    if set(rule["categories"]) & set("ABCD"):
        found.add("category_a_to_d")
    if rule.get("resolves"):
        found.add("resolves")
    if rule.get("reminder"):
        found.add("reminds")
    if rule.get("severities"):
        found.add("announces")
    return found


def test_the_values_are_all_variables() -> None:
    assert set(VALUES) == set(VARIABLES)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.key)
def test_a_template_uses_known_variables_and_careful_words(template: Shipped) -> None:
    filled = fill(template.body, VALUES)
    assert filled.is_complete
    assert findings(filled.text, RULES) == []
    assert set(template.rule["categories"]) <= set("ABCDEFGH")
    assert template.rule["draft"] in {"acknowledgement", "info_request", "reply"}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.key)
def test_a_template_contains_what_a_reply_needs(template: Shipped) -> None:
    filled = fill(template.body, VALUES)
    lacking = missing(filled.text, REQUIREMENTS, values=VALUES, conditions=conditions_of(template))
    assert [one.key for one in lacking] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.key)
def test_a_template_without_values_names_what_is_missing(template: Shipped) -> None:
    filled = fill(template.body, {})
    assert "ticket.ref" in filled.missing
    assert "? " not in filled.text
    assert set(variables_of(filled.text)) == set(filled.missing)


@pytest.mark.parametrize("determination", DETERMINATIONS.values(), ids=lambda one: one.key)
def test_each_determination_has_a_template_in_each_of_its_categories(determination: Determinable) -> None:
    for category in determination.categories:
        fitting = [
            one.key
            for one in TEMPLATES
            if category in one.rule["categories"] and determination.key in one.rule.get("determinations", [])
        ]
        assert fitting, category


def test_optional_paragraphs_need_all_their_values() -> None:
    text = "Hello {ticket.ref}.\n\n? Limit {rule.limit}, usage {rule.usage}.\n\n? Always."
    assert fill(text, VALUES).text.split("\n\n")[1] == "Limit 100 items, usage 100 items."
    assert fill(text, {**VALUES, "rule.usage": ""}).text == "Hello T-000012.\n\nAlways."


def test_an_author_edits_the_variables_themselves() -> None:
    text = "Hello {ticket.ref}.\n\n? Limit {rule.limit}.\n\n? Rule {rule.name}."
    assert prepare(text, {"rule.name": "x"}) == "Hello {ticket.ref}.\n\nRule {rule.name}."


def test_an_unknown_variable_is_named_and_stays_visible() -> None:
    filled = fill("{ticket.ref} {password} {__class__}", VALUES)
    assert filled.unknown == ("password", "__class__")
    assert not filled.is_complete
    assert "{password}" in filled.text


def test_values_are_not_filled_again() -> None:
    assert fill("{plan.name}", {"plan.name": "{tenant.name}", "tenant.name": "x"}).text == "{tenant.name}"


FULL = (
    "About T-000012 and acacia-0198. The rule is plan limit of items: refused, PLAN_LIMIT_EXCEEDED PLAN_ITEMS. "
    "Next step: ask for a larger plan, see https://asora.example/help/plan-limits/. "
    "We will write again by 1 December 2026, 16:00 UTC."
)
OF = {
    "ticket_ref": "T-000012",
    "next_step": "Next step",
    "next_update": "1 December",
    "request_id": "acacia-0198",
    "rule_name": "plan limit of items",
    "outcome": "PLAN_ITEMS",
    "doc_link": "/help/plan-limits/",
}


def lacking(text: str, *conditions: str, values: dict[str, str] | None = None) -> list[str]:
    found: list[Requirement] = missing(
        text, REQUIREMENTS, values=VALUES if values is None else values, conditions=conditions
    )
    return [one.key for one in found]


def test_each_requirement_is_missed_alone() -> None:
    assert {one.key for one in REQUIREMENTS} == set(OF)
    assert lacking(FULL, "category_a_to_d", "investigated") == []
    for key, words in OF.items():
        assert lacking(FULL.replace(words, "…"), "category_a_to_d", "investigated") == [key]


def test_requirements_follow_the_ticket() -> None:
    text = "T-000012. Next step: we write again by 1 December 2026, 16:00 UTC."
    assert lacking(text, "acknowledges", "category_a_to_d") == []
    assert lacking(text, "asks", "category_a_to_d", "investigated") == []
    assert lacking("T-000012: resolution.", "resolves", values={"ticket.ref": "T-000012"}) == []
    assert lacking(text, values={**VALUES, "request.id": "", "doc.link": ""}) == []
    assert lacking("**T-000012** next step by 1 December 2026, 16:00 UTC", "asks") == []


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("exception_refused", "cannot make exceptions to plans, permissions or the ledger"),
        ("exception_refused", "can be traced to a recorded event"),
        ("exception_refused", "the same request always gets the same answer"),
        ("integration", "cannot change stock"),
        ("integration", "send facts out of Asora"),
        ("quantity_expectation", "the sum of its entries"),
        ("quantity_expectation", "no other balance exists"),
        ("quantity_reconciled", "recorded it as an adjustment"),
        ("quantity_reconciled", "The entries before it are unchanged"),
    ],
)
def test_the_explanations_are_in_their_templates(key: str, sentence: str) -> None:
    [template] = [one for one in TEMPLATES if one.key == key]
    assert sentence in template.body
