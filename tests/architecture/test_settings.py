"""The folders that settings name are in the repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

#: Folders that `collectstatic` and the first upload make.
MADE_LATER = {"STATIC_ROOT", "MEDIA_ROOT"}


def folders(value: Any) -> Iterator[Path]:
    """Every path in a setting, however deep in lists and mappings."""
    if isinstance(value, Path):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from folders(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from folders(inner)


def test_every_folder_that_a_setting_names_exists() -> None:
    named = {
        name: list(folders(getattr(settings, name)))
        for name in dir(settings)
        if name.isupper() and name not in MADE_LATER
    }
    assert named["STATICFILES_DIRS"], "the walk finds no path at all"
    assert named["TEMPLATES"], "the walk does not look into mappings"
    missing = {
        name: found for name, paths in named.items() if (found := [p for p in paths if not p.exists()])
    }
    assert missing == {}
