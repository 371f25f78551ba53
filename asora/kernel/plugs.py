"""What the door needs from the floors above, by the names of `settings.ASORA_DOOR`, like Django's own back ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string


def plug(name: str) -> Callable[..., Any]:
    """The function that the settings name."""
    return cast(Callable[..., Any], import_string(settings.ASORA_DOOR[name]))
