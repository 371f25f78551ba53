"""When a second person has to approve a reply, and what makes an approval void."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.replies.review import CAUSES, Cause, Circumstances, Verdict, causes, is_approved, text_hash

CALM = Circumstances(
    severity=3, is_security=False, plan="pro", has_case=False, texts=("Why was this refused?",)
)
GIVEN = Verdict(draft_revision=2, ticket_revision=7, text_hash="a", is_approval=True, decided_by="u-lead")
NOW = {"writers": {"u-agent", "u-editor"}, "draft_revision": 2, "ticket_revision": 7, "text_hash": "a"}


def test_an_ordinary_ticket_needs_nobody():
    assert causes(CALM) == []
    assert causes(replace(CALM, severity=None)) == []
    assert causes(replace(CALM, severity=4)) == []


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"severity": 1}, Cause.SEVERITY),
        ({"severity": 2}, Cause.SEVERITY),
        ({"has_case": True}, Cause.ESCALATION),
        ({"is_security": True}, Cause.SECURITY),
        ({"plan": "enterprise"}, Cause.ENTERPRISE),
        ({"texts": ("We want a refund.",)}, Cause.MONEY),
        ({"texts": ("", "What compensation do we get?")}, Cause.MONEY),
        ({"is_edited_holding": True}, Cause.HOLDING),
        ({"texts": ("A credit note, please",)}, Cause.MONEY),
    ],
)
def test_each_cause_alone(changed, cause):
    assert causes(replace(CALM, **changed)) == [cause]
    assert str(CAUSES[cause])


@pytest.mark.parametrize(
    ("text", "is_discussed"),
    [
        ("A refund was not discussed.", False),
        ("We do not want a refund.", False),
        ("A refund has not been discussed.", False),
        ("I am not asking for any compensation, only for the reason.", False),
        ("No refund is needed.", False),
        ("We cannot give you a refund.", True),
        ("Why did you not refund us?", True),
        ("Was a refund not discussed?", True),
        ("We do not want a refund. We want compensation.", True),
        ("We do not want a refund but a credit note.", True),
    ],
)
def test_money_that_nobody_asks_for_needs_nobody(text, is_discussed):
    assert causes(replace(CALM, texts=(text,))) == [Cause.MONEY] * is_discussed


def test_an_approval_of_another_person_counts():
    assert is_approved([GIVEN], **NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"draft_revision": 3},
        {"ticket_revision": 8},
        {"text_hash": text_hash("another text")},
        {"writers": {"u-agent", "u-lead"}},
    ],
)
def test_an_edit_a_new_message_or_the_author_makes_it_void(changed):
    assert not is_approved([GIVEN], **{**NOW, **changed})


def test_nothing_is_approved_without_a_verdict_and_a_return_stops_it():
    assert not is_approved([], **NOW)
    assert not is_approved([GIVEN, replace(GIVEN, decided_by="u-other", is_approval=False)], **NOW)


def test_what_is_approved_is_the_text_with_its_evidence():
    notes = [("1", "event-1", "ab"), ("2", "event-2", "cd")]
    given = text_hash("Hello", notes)
    assert given == text_hash("Hello", iter(notes))
    others = [
        text_hash("Hello"),
        text_hash("Hello!", notes),
        text_hash("Hello", notes[:1]),
        text_hash("Hello", [("1", "event-2", "cd"), ("2", "event-1", "ab")]),
        text_hash("Hello", [("1", "event-1", "ab"), ("2", "event-2", "ef")]),
    ]
    assert given not in others
