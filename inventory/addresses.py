"""How the code of a bin is written in the address of a page."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import PathConverter

from inventory.rules import DOT_SEGMENTS

MARK = "~"  # no code has one


class BinConverter(PathConverter):
    """A code that may have slashes: `A/../B` is `A/~../B`.

    Browsers and proxies take a segment of one or two dots out of an address before they send it, and would open the
    page of another bin. No new code has one (`rules.bin_code`); those from before are reached like this.
    """

    def to_python(self, value: str) -> str:
        """The code that an address names."""
        parts = value.split("/")
        return "/".join(part[1:] if part[:1] == MARK and part[1:] in DOT_SEGMENTS else part for part in parts)

    def to_url(self, value: str) -> str:
        """The code as an address has it."""
        return "/".join(MARK + part if part in DOT_SEGMENTS else part for part in str(value).split("/"))


register_converter(BinConverter, "bin")
