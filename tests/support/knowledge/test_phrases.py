"""What the phrase rules find in a reply, what a negation silences, and what cannot be hidden from them."""

from __future__ import annotations

import time

import pytest

from support.knowledge.models import Entry
from support.knowledge.phrases import Finding, Kind, Negation, PhraseRule, findings, rule_of
from support.knowledge.shipped_texts import shipped

RULES = tuple(
    rule_of(one.key, one.title, one.body, one.rule) for one in shipped() if one.kind == Entry.Kind.PHRASE_RULE
)

#: Of each rule: sentences that it finds.
FOUND: dict[str, list[str]] = {
    "temporary_bypass": [
        "We will temporarily lift the limit for you.",
        "We can raise it just this once.",
        "For now we disabled the check.",
    ],
    "temporary_fix": ["Here is a quick fix.", "This is a temporary patch of your stock."],
    "manual_fix": [
        "We'll fix the quantity.",
        "I have corrected the balance.",
        "We edited the ledger.",
        "Let me adjust the stock for you.",
        "Support will set the count to 5.",
        "We will manually correct the quantities.",
    ],
    "silent_change": ["I can give you hidden access.", "We made the change behind the scenes: your permission is set."],
    "one_off_exception": ["This is a one-off.", "We make an exception for you.", "Yours is a special case."],
    "manual_creation": ["We will create the item for you.", "I can add it for you.", "We create it on your behalf."],
    "make_room": [
        "Delete some items to make room.",
        "Open a second tenant to get around the limit.",
        "Split your data to stay below the limit.",
    ],
    "restore_promise": ["We can restore the ledger.", "We will recover your deleted export."],
    "future_feature": [
        "We will support this soon.",
        "It will be released in spring.",
        "This is part of the next release.",
        "Engineering is going to build it.",
        "It is on our roadmap.",
    ],
    "fix_date": [
        "It will be fixed by Friday.",
        "This will be resolved on 2026-12-01.",
        "The correction is available before the end of March.",
        "It is solved by tomorrow.",
        "It will be fixed tomorrow.",
        "The export will be corrected today.",
        "It'll be resolved next week.",
        "The error is going to be repaired in a few hours.",
        "Tomorrow the export will be fixed.",
        "It will be fixed soon.",
    ],
    "favour": [
        "We have raised your limit for this week as a courtesy.",
        "We raised your limit.",
        "I'll increase the limit of items.",
        "I gave you the permission.",
        "We have granted you the role.",
        "Support can assign you a role.",
        "You get ten items more as a favour.",
        "I am doing you a favour.",
    ],
    "our_mistake": [
        "This is a bug in our code.",
        "It is our mistake.",
        "Our system has an error.",
        "This is a bug in Asora.",
        "You found an error of the product.",
        "Asora has a defect here.",
        "It's a known bug.",
    ],
    "corruption": [
        "Your data is corrupted.",
        "The ledger was damaged.",
        "The quantities are corrupt.",
        "We found corrupted records.",
        "It was a loss of data, data loss in short.",
    ],
    "blame": ["You entered the wrong quantity.", "It was your mistake."],
    "absolute": ["That is impossible.", "I don't know.", "We guarantee it.", "We promise it."],
    "skipped_cause": ["Just try again later.", "Ignore the error."],
    "speculation": ["It is probably fine.", "I think the count is late.", "Maybe tomorrow."],
    "secret": [
        "Use Bearer abcdefghijklmnop123 there.",
        "Your password: hunter22",
        'It sends {"x": "whsec_0123456789abcdefgh"}.',
    ],
}  # fmt: skip

#: Of each rule that can be negated: the same subject in a negated clause.
NEGATED: dict[str, list[str]] = {
    "temporary_bypass": ["We cannot lift the limit temporarily.", "A temporary lift of the limit is not possible."],
    "temporary_fix": ["There is no quick fix.", "A temporary fix would not help."],
    "manual_fix": [
        "We cannot edit the ledger.",
        "We can not edit the ledger.",
        "We will never adjust the stock.",
        "Nobody here can say that we will fix the count.",
    ],
    "silent_change": ["There is no hidden access.", "Silent changes are not possible."],
    "one_off_exception": ["We cannot make an exception.", "A special case is not possible.", "There are no one-offs."],
    "manual_creation": ["We cannot create the item for you.", "I can't add it for you."],
    "make_room": ["Deleting items to make room does not help.", "Never split a tenant because of a limit."],
    "restore_promise": ["We cannot restore ledger entries.", "Restoring exports isn't possible."],
    "future_feature": ["We will not support this.", "Nobody knows the next release."],
    "fix_date": ["It will not be fixed by Friday.", "We cannot say that it is resolved by Monday."],
    "favour": ["We cannot raise your limit.", "Support never grants permissions.", "We did not give you the role."],
    "our_mistake": [
        "This is not a bug in our code.",
        "We see no error on our side.",
        "This is not a bug in Asora.",
        "It is not a bug.",
    ],
    "corruption": ["Your data is not corrupted.", "No data was lost.", "The ledger cannot be damaged by a refusal."],
    "skipped_cause": ["Please do not try again later.", "Do not ignore this message."],
    "blame": ["You did nothing wrong.", "It was not your fault."],
}  # fmt: skip

#: Sentences that a careful agent writes, near the subject of a rule. No rule finds anything.
FINE = [
    "We will show you how to correct the balance with an adjustment.",
    "We can see that the adjustment set the stock to 4.",
    "We will send the next update about the stock question at 14:00.",
    "You will hear from support by 14:00.",
    "We will add a note to the ticket.",
    "You can post an adjustment or count the bin.",
    "Set a new password: open Security.",
    "Your password has expired.",
    "A person who manages users can add the permission.",
    "The rule is PLAN_ITEMS; your plan allows 100, and 100 were in use.",
    "Ledger entries are permanent. A wrong posting is corrected by its reversal.",
    "We will write again by 2 December 2026, 16:00 UTC.",
    "We will write again tomorrow by 16:00 UTC.",
    "We can pass your request for a larger limit to sales.",
    "A larger plan raises the limit.",
    "We see that your owner raised the limit.",
    "We gave your request to the people who review roles.",
    "We were granted access to your company for this ticket.",
    "Post an adjustment for the damaged stock.",
    "Two boxes of this item were lost, so the count is lower.",
    "Engineering examines whether the recorded events show a fault.",
]


def found(text: str, *, may: tuple[str, ...] = ()) -> dict[str, Finding]:
    return {one.rule: one for one in findings(text, RULES, may=may)}


def test_every_rule_has_examples() -> None:
    assert set(FOUND) == {rule.key for rule in RULES}
    assert set(NEGATED) == {rule.key for rule in RULES if rule.negation != Negation.NONE}


def test_every_rule_names_its_clause_and_proposes_words() -> None:
    for rule in RULES:
        assert rule.source, rule.key
        assert len(rule.proposal) > 10, rule.key


def test_no_proposal_breaks_a_block_rule() -> None:
    for rule in RULES:
        assert not [one for one in findings(rule.proposal, RULES) if one.blocks], rule.key


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, texts in FOUND.items() for text in texts])
def test_a_rule_finds_its_phrases(key: str, text: str) -> None:
    assert key in found(text)
    assert key in found(text.upper() if key != "secret" else text)


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, texts in NEGATED.items() for text in texts])
def test_a_negated_clause_is_allowed(key: str, text: str) -> None:
    assert key not in found(text)


@pytest.mark.parametrize("text", FINE)
def test_careful_sentences_are_allowed(text: str) -> None:
    assert found(text) == {}


@pytest.mark.parametrize(
    "text",
    [
        "We cannot wait, so we will edit the ledger.",
        "No problem, we'll fix the quantity.",
        "We will not wait, but we will edit the ledger.",
        "Don't worry and we will edit the ledger.",
        "We cannot lift the limit. We will edit the ledger.",
        "We cannot lift the limit\n\nWe will edit the ledger",
        "- we cannot lift the limit\n- we will edit the ledger",
        "Not only will you see it: we will edit the ledger.",
        "We'll correct the balance that is not right.",
    ],
)
def test_a_negation_of_something_else_does_not_help(text: str) -> None:
    assert "manual_fix" in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "we will edit the **led**ger",
        "we will e\u200bdit the ledger",
        "we will edit the\nledger",
        "we&#39;ll edit the ledger",
        "we\u2019ll edit the ledger",
        "we will \uff45dit the ledger",
        "we will ed&#x69;t the ledger",
        "we\u00a0will\u00a0edit the ledger",
        "we will edit the l\\edger",
    ],
)
def test_marks_and_look_alikes_hide_nothing(text: str) -> None:
    assert "manual_fix" in found(text)
    assert "one_off_exception" in found("a one\u2011off")


def test_a_finding_says_where() -> None:
    text = "Hello,\n\nwe **will** edit the ledger today."
    finding = found(text)["manual_fix"]
    assert text[finding.start : finding.end] == finding.text == "we **will** edit the ledger"
    assert finding.kind == Kind.BLOCK
    assert finding.proposal


def test_a_secret_is_found_in_any_clause() -> None:
    assert found("This is not a secret: Bearer abcdefghijklmnop123")["secret"].blocks


@pytest.mark.parametrize(
    ("condition", "text", "rule", "kind"),
    [
        ("feature_linked", "We will support this soon.", "future_feature", Kind.WARN),
        ("fix_committed", "It will be fixed by Friday.", "fix_date", None),
        ("case_confirmed", "This is a bug in our code.", "our_mistake", None),
        ("case_confirmed", "Your data is corrupted.", "corruption", None),
    ],
)
def test_a_condition_of_the_ticket_relaxes_one_rule(
    condition: str, text: str, rule: str, kind: Kind | None
) -> None:
    assert found(text)[rule].kind == Kind.BLOCK
    relaxed = found(text, may=(condition,)).get(rule)
    assert (relaxed.kind if relaxed else None) == kind
    others = {"feature_linked", "fix_committed", "case_confirmed"} - {condition}
    assert found(text, may=tuple(others))[rule].kind == Kind.BLOCK


def test_blame_absolutes_and_speculation_only_warn() -> None:
    kinds = {rule.key: rule.kind for rule in RULES}
    assert {key for key, kind in kinds.items() if kind == Kind.WARN} == {
        "blame",
        "absolute",
        "speculation",
        "skipped_cause",
    }


def test_long_texts_take_no_long_time() -> None:
    """Nothing in a rule takes time that grows with the square of the text: 50,000 characters would take minutes."""
    begun = time.process_time()
    for text in (
        "we will ",
        "temporarily lift limit ",
        "soon ",
        "one-off ",
        "no, ",
        "\n",
        "we can not edit ",
    ):
        findings((text * 50_000)[:50_000], RULES)
    assert time.process_time() - begun < 60


@pytest.mark.parametrize("pattern", ["(", "a*", "<40>", ""])
def test_a_pattern_that_is_not_valid_is_an_error(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        rule_of("bad", "Bad", "Better", {"kind": "block", "source": "-", "patterns": [pattern]})


def test_a_rule_of_its_own_text_is_pure() -> None:
    rule = PhraseRule("own", "Own", Kind.WARN, (r"\bbanana\b",), "apple", "-")
    assert [one.text for one in findings("Banana, bananas, BANANA", [rule])] == ["Banana", "BANANA"]
