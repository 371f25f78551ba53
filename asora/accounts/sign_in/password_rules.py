"""A password rule in addition to Django's: more than white space."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Letters, signs and marks that are not visible: fillers of Hangul, a Braille cell without dots, joiners.
UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


class NotBlank:
    """Refuses a password with no visible character: only spaces, control characters and invisible characters."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError unless at least one character is visible."""
        # Z: separators; C: controls, format characters, unassigned ones.
        if all(letter in UNSEEN or unicodedata.category(letter)[0] in "ZC" for letter in password):
            raise ValidationError(_("A password of only spaces is too easy to guess."), code="password_blank")

    def get_help_text(self) -> str:
        """The hint for a form."""
        return _("Your password cannot consist of only spaces.")
