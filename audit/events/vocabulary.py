"""An event as a sentence, from the words that its context has registered beside its action."""

from __future__ import annotations

from asora.kernel.words import SENTENCES


def sentence(*, action: str, outcome: str, label: str) -> str:
    """The event as a sentence without its subject, in the reader's language."""
    words = SENTENCES.get(action)
    if words is None:
        return action
    text = str(words.done if outcome in {"allowed", "noop"} else words.tried)
    return " ".join(text.format(label=label).split())


def reason_in_words(reason: str) -> str:
    """A reason or a code as words: `INSUFFICIENT_STOCK` is `Insufficient stock`."""
    return reason.replace("_", " ").capitalize()
