"""Every route of a URL conf, each with a possible URL and its methods."""

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
# Routes of Django admin that neither show nor change anything: sign-in, sign-out and the disabled password pages.
DOORSTEP = {"login", "logout", "password_change", "password_change_done"}
GROUP = re.compile(r"\(\?P<\w+>([^()]*)\)")


@dataclass(frozen=True)
class Route:
    """One pattern of the URL conf."""

    pattern: str
    address: str
    view: Any
    name: str = ""
    is_window: bool = False

    @property
    def policy(self) -> str:
        """The declared permission, `signed-in` or `anyone`; empty if none is declared."""
        return PERMISSION if self.is_window else str(getattr(self.view, "policy", ""))

    @property
    def methods(self) -> tuple[str, ...]:
        """All allowed methods; for Django admin's pages also the refused ones."""
        return tuple(getattr(self.view, "methods", ("GET", "POST") if self.is_window else ("GET",)))

    @property
    def method(self) -> str:
        """One of the allowed methods."""
        return self.methods[0].lower()

    def __str__(self) -> str:
        return f"/{self.pattern}"


def routes(urlconf: str) -> list[Route]:
    """All routes except those of Django admin's pages."""
    return [route for route in every_route(urlconf) if not route.is_window]


def every_route(urlconf: str) -> list[Route]:
    """All routes, including those of Django admin's pages."""
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
    """A URL that a pattern matches: a sample for each converter, and the first choice of each group."""
    spelt = str(entry.pattern)
    for name, converter in entry.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        value = SAMPLES.get(kind, SAMPLES["str"])
        for written in (f"<{kind}:{name}>", f"<{name}>"):
            spelt = spelt.replace(written, value)
    if not hasattr(entry.pattern, "_regex"):
        return spelt
    return GROUP.sub(lambda group: group[1].split("|")[0].replace(".*", "sample"), spelt).strip("^$")
