"""When e-mail addresses are the same: one folded form, by which they are looked up, counted and kept unique.

PostgreSQL's UPPER and Python's lower() fold differently: only one of them treats a dotless i as I and a long s as S. So
neither compares addresses. The folded form is made here, once, and stored in a column.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from django.db import models


def fold_address(typed: str) -> str:
    """The form that equal addresses share: NFKC, trimmed, case folded. Empty if no column can store it."""
    if "\x00" in typed:
        return ""
    plain = typed.encode(errors="replace").decode()
    # Folding can produce characters that NFKC joins, and the other way round. The second pass makes the form stable.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", plain).casefold()).casefold()
    return folded.strip()


class AddressKeyField(models.TextField):  # type: ignore[type-arg]  # not subscriptable when it runs
    """The folded form of the row's `email`, computed by every save that writes it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "editable": False, "default": ""})

    def deconstruct(self) -> Any:
        """The arguments for migrations, without those that the class sets itself."""
        name, path, args, options = super().deconstruct()
        for known in ("editable", "default"):
            options.pop(known, None)
        return name, path, args, options

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: FBT001 (Django's)
        """Fold the address that is being saved."""
        key = fold_address(model_instance.email)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, key)
        return key
