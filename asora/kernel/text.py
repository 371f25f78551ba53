"""What texts have in common: when two codes are the same one."""

from __future__ import annotations

import unicodedata


def fold_code(text: str) -> str:
    """The form in which codes are compared: two codes are equal exactly if this is the same for both.

    NFKC, so that full-width letters of another keyboard count as plain ones; case folded, so that `qrA1x` is `QRa1X`;
    trimmed. It is done here and nowhere else, never by the database: UPPER() and ILIKE depend on its locale (in a
    Turkish one, `i` and `I` differ) and leave out what Unicode folds besides. Folding can undo the normal form, so that
    comes twice (Unicode 15, section 3.13, D146); folding again changes nothing.
    """
    if text.isascii():  # as nearly all codes are: the same, ten times as fast
        return text.lower().strip()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", folded).strip()
