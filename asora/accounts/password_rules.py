"""What a password must be besides what Django asks: more than white space."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Letters, signs and marks that are drawn as nothing: fillers of Hangul, a Braille cell without dots, joiners.
UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


class NotBlank:
    """Refuses a password that nobody could see: spaces, controls and characters without a shape only."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError unless at least one character can be seen."""
        # Z: separators; C: controls, format characters, unassigned ones.
        if all(letter in UNSEEN or unicodedata.category(letter)[0] in "ZC" for letter in password):
            raise ValidationError(_("A password of spaces only is too easy to guess."), code="password_blank")

    def get_help_text(self) -> str:
        """For a form's hint."""
        return _("Your password needs more than spaces.")
