"""Each phrase rule stops a reply: a block for good, a warning until it has a reason. Its negation stops nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from asora.kernel.refusals import Reason, StateConflict
from plans.models import Tenant
from support.investigations.queries import current
from support.knowledge import queries as knowledge
from support.replies.checking import Checked, Written, check, require_fit
from support.tickets.models import Ticket
from tests.support.knowledge.test_phrases import FOUND, NEGATED

Say = Callable[..., Checked]


@pytest.fixture
def say(ticket: Ticket, write: Any) -> Say:
    """The check of a complete reply with one more sentence."""
    written, known = Written.of(write("plan")), current(ticket)

    def checked(sentence: str, reasons: dict[str, str] | None = None) -> Checked:
        text = f"{written.text}\n\n{sentence}"
        return check(ticket, replace(written, text=text, reasons=reasons), known=known)

    return checked


def refusal(checked: Checked) -> StateConflict | None:
    try:
        require_fit(checked)
    except StateConflict as found:
        return found
    return None


def test_every_rule_stops_a_reply(say: Say) -> None:
    kinds = {rule.key: rule.kind for rule in knowledge.phrase_rules()}
    assert set(FOUND) == set(kinds)
    for key, sentences in FOUND.items():
        for sentence in sentences:
            checked = say(sentence)
            found = refusal(checked)
            assert found is not None, sentence
            assert key in {one.rule for one in checked.findings}, sentence
            if kinds[key] == "block":
                assert found.reason is Reason.PHRASE_BLOCKED, sentence
                assert key in found.details["phrases"], sentence
            else:
                assert found.reason in {Reason.PHRASE_BLOCKED, Reason.REPLY_INCOMPLETE}, sentence


def test_a_reason_lets_a_warning_pass_and_never_a_block(say: Say) -> None:
    reasons = dict.fromkeys(FOUND, "It quotes the customer.")
    for rule in knowledge.phrase_rules():
        for sentence in FOUND[rule.key]:
            checked = say(sentence, reasons)
            found = refusal(checked)
            assert (found is None) == (not checked.blocks), sentence
            if rule.kind == "block":
                assert found is not None, sentence


def test_the_name_of_another_tenant_stops_a_reply(say: Say, ticket: Ticket) -> None:
    Tenant.objects.filter(slug="birch").update(name="Birch & Daughters")
    Tenant.objects.exclude(slug__in=["birch", "public"]).exclude(pk=ticket.tenant_id).update(name="Bin")
    own = ticket.tenant.name if ticket.tenant else ""
    for sentence in (
        "Birch & Daughters has the same problem.",
        "So does **birch** &amp; daughters.",
        "Ask Bin.",
    ):
        found = refusal(say(sentence))
        assert found is not None, sentence
        assert found.details["phrases"] == ["other_tenant"], sentence
    for sentence in (f"{own} sees its own records.", "Count the bin.", "Plant a birch."):
        assert refusal(say(sentence)) is None, sentence


def test_no_negation_stops_a_reply(say: Say) -> None:
    reasons = {
        rule.key: "It is what the manual says." for rule in knowledge.phrase_rules() if rule.kind == "warn"
    }
    for key, sentences in NEGATED.items():
        for sentence in sentences:
            assert key not in {one.rule for one in say(sentence, reasons).findings}, sentence
