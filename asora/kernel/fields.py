"""Model fields of Asora."""

from __future__ import annotations

from typing import Any

from django.db import models

from asora.kernel.text import fold_code


class KeyField(models.TextField):  # type: ignore[type-arg]  # Django fields take no parameters at run time
    """The key by which codes are compared: `fold_code` of the column named by `of`.

    The key is set whenever the row is saved, also by `bulk_create`. Look-ups with `=` and `in` accept codes as people
    type them: `filter(sku_key="Bolt-m6")` finds BOLT-M6. Patterns (`startswith`) are not folded.
    """

    def __init__(self, *, of: str = "code", **options: Any) -> None:
        self.of = of
        super().__init__(**{"editable": False, **options})

    def deconstruct(self) -> Any:
        """Like any field, plus `of`."""
        name, path, args, options = super().deconstruct()
        return name, path, args, options | {"of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: FBT001 (Django's signature)
        """The key of the present code."""
        key = fold_code(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, key)
        return key

    def get_prep_value(self, value: object) -> Any:
        """The key of the value that is looked up."""
        prepared = super().get_prep_value(value)
        return fold_code(prepared) if isinstance(prepared, str) else prepared
