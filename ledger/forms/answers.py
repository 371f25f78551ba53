"""Answers to the questions about a document, as a form sends them back."""

from __future__ import annotations

from django.http import QueryDict

from asora.kernel.shapes import ReadOnlyValues


def answers(values: ReadOnlyValues | None) -> frozenset[str]:
    """The keys of the questions (`ledger.posting.questions`) that a post, or plain values, answer with yes."""
    if values is None:
        return frozenset()
    return frozenset(
        values.getlist("confirm") if isinstance(values, QueryDict) else values.get("confirm", ())
    )
