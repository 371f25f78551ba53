"""Columns of our own."""

from __future__ import annotations

from typing import Any

from django.db import models

from asora.kernel.text import fold_code


class KeyField(models.TextField):  # type: ignore[type-arg]  # Django fields take no parameters at run time
    """What a code is compared by: `fold_code` of the column named by `of`, kept beside it.

    It is written with its row, `bulk_create` included, and never by hand. `=` and `in` may be given codes as somebody
    typed them: `filter(sku_key="Bolt-m6")` finds BOLT-M6. Patterns (`startswith`) Django leaves as they are.
    """

    def __init__(self, *, of: str = "code", **options: Any) -> None:
        self.of = of
        super().__init__(**{"editable": False, **options})

    def deconstruct(self) -> Any:
        """As any field, with `of`."""
        name, path, args, options = super().deconstruct()
        return name, path, args, options | {"of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: FBT001 (Django's signature)
        """The key of the code as it is now."""
        key = fold_code(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, key)
        return key

    def get_prep_value(self, value: Any) -> Any:
        """The key of what is looked up."""
        prepared = super().get_prep_value(value)
        return fold_code(prepared) if isinstance(prepared, str) else prepared
