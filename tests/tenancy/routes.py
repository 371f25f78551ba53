"""Every route of a URL conf, each with an address that could exist and the methods that it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from asora.operations.site import PERMISSION

SAMPLES = {
    "str": "SAMPLE",
    "slug": "stock-on-hand",
    "int": "1",
    "uuid": "01900000-0000-7000-8000-000000000000",
    "path": "sample",
}
TENANT, PUBLIC = "asora.urls_tenant", "asora.urls_public"
ANYONE = "anyone"
# Of Django admin, what neither shows nor changes anything: its way in and out are ours, its password pages are shut.
DOORSTEP = {"login", "logout", "password_change", "password_change_done"}
GROUP = re.compile(r"\(\?P<\w+>([^()]*)\)")


@dataclass(frozen=True)
class Route:
    """One pattern, as it is spelt in the URL conf."""

    pattern: str
    address: str
    view: Any
    name: str = ""
    is_window: bool = False

    @property
    def policy(self) -> str:
        """The permission it declares, `signed-in` or `anyone`; empty when it declares none."""
        return PERMISSION if self.is_window else str(getattr(self.view, "policy", ""))

    @property
    def methods(self) -> tuple[str, ...]:
        """All methods that it takes; Django admin's windows are asked for what they refuse, too."""
        return tuple(getattr(self.view, "methods", ("GET", "POST") if self.is_window else ("GET",)))

    @property
    def method(self) -> str:
        """A method that it takes."""
        return self.methods[0].lower()

    def __str__(self) -> str:
        return f"/{self.pattern}"


def routes(urlconf: str) -> list[Route]:
    """All that are ours: Django admin's windows excepted."""
    return [route for route in every_route(urlconf) if not route.is_window]


def every_route(urlconf: str) -> list[Route]:
    """All of them, Django admin's windows included."""
    return list(_walk(get_resolver(urlconf), "", "", is_window=False))


def _walk(resolver: URLResolver, pattern: str, address: str, *, is_window: bool) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        spelt = str(entry.pattern)
        example = _example(entry)
        if isinstance(entry, URLResolver):
            within = is_window or entry.app_name == "admin"
            yield from _walk(entry, pattern + spelt, address + example, is_window=within)
        elif isinstance(entry, URLPattern) and not (is_window and entry.name in DOORSTEP):
            yield Route(
                pattern + spelt, f"/{address}{example}", entry.callback, str(entry.name or ""), is_window
            )


def _example(entry: Any) -> str:
    """What a pattern could match: a sample for each converter, the first choice of each group of an expression."""
    spelt = str(entry.pattern)
    for name, converter in entry.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        value = SAMPLES.get(kind, SAMPLES["str"])
        for written in (f"<{kind}:{name}>", f"<{name}>"):
            spelt = spelt.replace(written, value)
    if not hasattr(entry.pattern, "_regex"):
        return spelt
    return GROUP.sub(lambda group: group[1].split("|")[0].replace(".*", "sample"), spelt).strip("^$")
