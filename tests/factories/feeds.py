"""Endpoints with payloads and a feed token, and a receiver that polls the feed."""

from __future__ import annotations

from typing import Any

from django.test import Client

from asora.kernel.act import Act
from integrations.endpoints.models import Endpoint
from integrations.feed.actions import issue_token
from integrations.feed.models import FeedToken

FEED = "/integrations/feed"


def issue(act: Act, endpoint: Endpoint) -> str:
    """A token of the feed of an endpoint, as text."""
    return issue_token(act, endpoint=endpoint)


def row_of(token: str) -> FeedToken:
    """What is stored of a token."""
    return FeedToken.objects.get(prefix=token[:16])


def poll(client: Client, token: str, query: str = "", **headers: str) -> Any:
    """One poll of the feed: the client's response."""
    return client.get(FEED + query, headers={"authorization": f"Bearer {token}", **headers})
