"""The values of the filter in words: sentences for actions, badges' words for outcomes, names for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from asora.kernel.refusals import CODES
from asora.kernel.words import SENTENCES, badge_of
from audit.events.vocabulary import reason_in_words

Choices = list[tuple[str, str]]


def of_outcomes(values: Iterable[str]) -> Choices:
    """Outcomes in the words of their badges."""
    return [(value, str(badge_of("audit.outcome", value).word)) for value in values]


def of_actions(values: Iterable[str]) -> Choices:
    """Actions as sentences about any record (`created vendor …`), sorted as they read."""
    return sorted(((value, of_action(value)) for value in values), key=lambda choice: choice[1].lower())


def of_action(value: str) -> str:
    """One action as a sentence; the name of an action that the product no longer has stays."""
    words = SENTENCES.get(value)
    if words is None:
        return value
    return " ".join(str(words.done).format(label="…").split())


def of_codes(values: Iterable[str]) -> Choices:
    """The six codes in words, with the code."""
    known = {refusal.code for refusal in CODES}
    return [(value, reason_in_words(value) if value in known else value) for value in values]


def of_reasons(values: Iterable[str]) -> Choices:
    """Reasons in words."""
    return [(value, reason_in_words(value)) for value in values]


def of_people(values: Iterable[str], names: Mapping[str, str]) -> Choices:
    """People by name, then commands and erased people by the reference that events have."""
    known = [(value, names[value]) for value in values if names.get(value)]
    others = [(value, value) for value in values if not names.get(value)]
    return sorted(known, key=lambda choice: choice[1].lower()) + others
