"""Which e-mail addresses are the same: one folded form, by which they are looked up, counted and kept apart.

PostgreSQL's UPPER and Python's lower() fold differently (a dotless i is I and a long s is S to one of them, and not to
the other), so neither compares addresses: the form is made here, once, and a column keeps it.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from django.db import models


def fold_address(typed: str) -> str:
    """The form that equal addresses share: NFKC, trimmed, case folded. Empty for what no column can hold."""
    if "\x00" in typed:
        return ""
    plain = typed.encode(errors="replace").decode()
    # Folding can leave what NFKC would join again, and the other way round: the second pass makes it stable.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", plain).casefold()).casefold()
    return folded.strip()


class AddressKeyField(models.TextField):
    """The folded form of the row's `email`, made again by every save that writes it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "editable": False, "default": ""})

    def deconstruct(self) -> Any:
        """What migrations write: how it is made is the class's own business."""
        name, path, args, options = super().deconstruct()
        for known in ("editable", "default"):
            options.pop(known, None)
        return name, path, args, options

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: FBT001 (Django's)
        """Fold the address that is being saved."""
        key = fold_address(model_instance.email)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, key)
        return key
