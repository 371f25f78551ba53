"""What an erasure of a person empties here: the texts that they wrote."""

from __future__ import annotations

from asora.kernel.erasure import register_eraser
from audit.disclosure import announcing
from audit.disclosure.models import Statement


def empty_statements(author: str) -> int:
    """Empty everything that a person wrote to support or about a decision; returns the number of texts.

    The support desk empties what it has of them after the commit.
    """
    announcing.announce_erasure(author)
    return Statement.objects.filter(author=author).exclude(text="").update(text="")


register_eraser("statements", empty_statements)
