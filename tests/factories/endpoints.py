"""Endpoints for tests, made by the product's own action."""

from __future__ import annotations

from collections.abc import Sequence

from asora.kernel.act import Act
from integrations.endpoints.actions import WithSecret, create_endpoint
from integrations.endpoints.models import Endpoint
from inventory.models import Hub

RECEIPT, ISSUE = "inventory.posting.receipt.v1", "inventory.posting.issue.v1"


def make_endpoint(
    act: Act,
    *,
    name: str = "Web shop",
    url: str = "https://hooks.example.com/asora",
    event_types: Sequence[str] = (RECEIPT,),
    hubs: Sequence[Hub] | None = None,
    with_values: bool = False,
    is_enabled: bool = True,
) -> Endpoint:
    """An endpoint of the person who acts. `hubs=None`: receives from all hubs."""
    return make_with_secret(
        act,
        name=name,
        url=url,
        event_types=event_types,
        hubs=hubs,
        with_values=with_values,
        is_enabled=is_enabled,
    ).endpoint


def make_with_secret(
    act: Act,
    *,
    name: str = "Web shop",
    url: str = "https://hooks.example.com/asora",
    event_types: Sequence[str] = (RECEIPT,),
    hubs: Sequence[Hub] | None = None,
    with_values: bool = False,
    is_enabled: bool = True,
) -> WithSecret:
    """The same, with the text of its secret."""
    return create_endpoint(
        act,
        name=name,
        url=url,
        event_types=event_types,
        hubs=hubs,
        with_values=with_values,
        is_enabled=is_enabled,
    )
