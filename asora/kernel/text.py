"""Comparison of codes."""

from __future__ import annotations

import unicodedata

from django.utils.functional import Promise

#: A text that is shown to people: translated already, or when it is shown.
StrOrPromise = str | Promise


def fold_code(text: str) -> str:
    """The key by which codes are compared: two codes are equal exactly if their keys are equal.

    The key is normalised (NFKC, so that full-width letters of other keyboards equal plain ones), case folded (so that
    `qrA1x` equals `QRa1X`) and trimmed. Only this function may do that, never the database: UPPER() and ILIKE depend
    on its locale (in a Turkish one, `i` and `I` differ) and fold fewer characters. Case folding can undo the
    normalisation, so it is done twice (Unicode 15, section 3.13, D146); folding a key again does not change it.
    """
    if text.isascii():  # nearly all codes are ASCII: same result, ten times as fast
        return text.lower().strip()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded).strip()
