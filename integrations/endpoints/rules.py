"""The names of endpoints, and the part of an address that may be shown to everybody."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from inventory import rules
from inventory.rules import RuleBroken

NAME_LENGTH = 80


def name(text: str) -> str:
    """The name of an endpoint: one line of text. Breaks: INVALID_INPUT."""
    checked = rules.name(text)
    if len(checked) > NAME_LENGTH:
        raise RuleBroken(_("Use at most %(most)s characters.") % {"most": NAME_LENGTH})
    return checked


def origin(url: str) -> str:
    """Scheme, host and port of an address. Path and query may contain a token, so only managers see them."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}"
