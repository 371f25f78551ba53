"""Every route of a URL conf, each with an address that could exist and a method that it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

SAMPLES = {
    "str": "SAMPLE",
    "slug": "stock-on-hand",
    "int": "1",
    "uuid": "01900000-0000-7000-8000-000000000000",
    "path": "sample",
}
TENANT, PUBLIC = "asora.urls_tenant", "asora.urls_public"


@dataclass(frozen=True)
class Route:
    """One pattern, as it is spelt in the URL conf."""

    pattern: str
    address: str
    view: Any

    @property
    def policy(self) -> str:
        """The permission it declares, `signed-in` or `anyone`; empty when it declares none."""
        return str(getattr(self.view, "policy", ""))

    @property
    def method(self) -> str:
        """A method that it takes."""
        return str(getattr(self.view, "methods", ("GET",))[0]).lower()

    def __str__(self) -> str:
        return f"/{self.pattern}"


def routes(urlconf: str) -> list[Route]:
    """All of them, Django admin's own excepted."""
    return list(_walk(get_resolver(urlconf), "", ""))


def _walk(resolver: URLResolver, pattern: str, address: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        spelt = str(entry.pattern)
        example = spelt
        for name, converter in entry.pattern.converters.items():
            kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
            value = SAMPLES.get(kind, SAMPLES["str"])
            for written in (f"<{kind}:{name}>", f"<{name}>"):
                example = example.replace(written, value)
        if isinstance(entry, URLResolver) and entry.app_name == "admin":
            continue
        if isinstance(entry, URLResolver):
            yield from _walk(entry, pattern + spelt, address + example)
        elif isinstance(entry, URLPattern):
            yield Route(pattern + spelt, f"/{address}{example}", entry.callback)
