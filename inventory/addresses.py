"""How a bin's code is written in the URL of a page."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import PathConverter

from inventory.rules import DOT_SEGMENTS

MARK = "~"  # no code has one


class BinConverter(PathConverter):
    """A code that may contain slashes: `A/../B` is written `A/~../B`.

    Browsers and proxies remove segments of one or two dots from a URL before they send it, and would open the page of
    another bin. New codes cannot contain such segments (`rules.bin_code`); this makes older ones reachable.
    """

    def to_python(self, value: str) -> str:
        """The code in a URL."""
        parts = value.split("/")
        return "/".join(part[1:] if part[:1] == MARK and part[1:] in DOT_SEGMENTS else part for part in parts)

    def to_url(self, value: str) -> str:
        """The code as written in a URL."""
        return "/".join(MARK + part if part in DOT_SEGMENTS else part for part in str(value).split("/"))


register_converter(BinConverter, "bin")
