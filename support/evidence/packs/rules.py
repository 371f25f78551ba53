"""Rules of packs: pure functions, no database, no clock."""

from __future__ import annotations

import re
from datetime import timedelta

#: How long the file of a pack is stored. What was in it, and its hash, are kept for good.
KEPT_FOR = timedelta(days=90)
MAX_PURPOSE, MAX_RECIPIENT, MAX_REQUESTS = 80, 200, 100
MAX_STORY = 200_000
#: A reference is never erased, so it may not be a sentence.
PURPOSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/#-]*")


def is_reference(text: str) -> bool:
    """Whether a text is a reference like `T-000012` or `AUDIT-2026/4`: one word of letters, digits and ._/#-."""
    return len(text) <= MAX_PURPOSE and PURPOSE.fullmatch(text) is not None
