"""Reading the feed: the token of a request, a page of payloads, and what the pages for people show."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from integrations.endpoints.models import Endpoint
from integrations.feed import tokens
from integrations.feed.models import FeedDay, FeedToken
from integrations.outbox.models import EndpointNumber, Payload

MAX_LIMIT = 10_000
#: A page ends after the payload that reaches this many bytes.
MAX_BYTES = 8_000_000
#: Payloads per query.
CHUNK = 1_000
#: How many days of polls the page shows.
DAYS = 14


def is_valid(now: datetime) -> Q:
    """The condition of tokens that read the feed: neither revoked nor replaced long enough ago."""
    return Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now))


def find_token(token: str) -> FeedToken | None:
    """The stored row of a token with its endpoint, whether it is still valid or not. One query, by its digest."""
    wanted = tokens.digest(token)
    found = FeedToken.objects.select_related("endpoint").filter(digest=wanted).first()
    return found if found is not None and hmac.compare_digest(found.digest, wanted) else None


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of an endpoint's payloads that are stored: from `first` to `last`. Empty if `last < first`."""

    first: int
    last: int


def numbers_of(endpoint: Endpoint) -> Numbers:
    """The first and the last number that the feed of an endpoint has."""
    row = EndpointNumber.objects.filter(endpoint=endpoint).first()
    return Numbers(first=row.deleted_upto + 1, last=row.last) if row else Numbers(first=1, last=0)


@dataclass(frozen=True, slots=True)
class Line:
    """A payload of the feed, and what bounds who may see it (as of `outbox.Payload`)."""

    number: int
    event_id: str
    body: bytes
    hubs: list[int]
    with_values: bool


def lines_after(endpoint: Endpoint, *, after: int, limit: int) -> Iterator[Line]:
    """The payloads after a number, in order: at most `limit`, and at most about `MAX_BYTES`."""
    size = 0
    while limit > 0:
        rows = list(
            Payload.objects.filter(endpoint=endpoint, number__gt=after)
            .order_by("number")
            .values_list("number", "event_id", "body", "hubs", "with_values")[: min(limit, CHUNK)]
        )
        for number, event_id, body, hubs, with_values in rows:
            yield Line(number, event_id, bytes(body), hubs, with_values)
            size += len(body)
            if size >= MAX_BYTES:
                return
        if len(rows) < min(limit, CHUNK):
            return
        after, limit = rows[-1][0], limit - len(rows)


def id_of(endpoint: Endpoint, number: int) -> str | None:
    """The id of the event that a payload describes; None if the payload is not stored."""
    rows = Payload.objects.filter(endpoint=endpoint, number=number)
    return rows.values_list("event_id", flat=True).first()


def lasting_token(endpoint: Endpoint) -> FeedToken | None:
    """The one token of an endpoint that has no end."""
    return FeedToken.objects.filter(endpoint=endpoint, expires_at=None, revoked_at=None).first()


def tokens_of(endpoint: Endpoint) -> list[FeedToken]:
    """All tokens of an endpoint, newest first."""
    return list(FeedToken.objects.filter(endpoint=endpoint).order_by("-issued_at", "-id"))


def days_of(endpoint: Endpoint) -> list[FeedDay]:
    """The polls of the last days with their tokens, newest first."""
    since = timezone.now().date() - timedelta(days=DAYS)
    return list(
        FeedDay.objects.filter(token__endpoint=endpoint, day__gt=since)
        .select_related("token")
        .order_by("-day", "-last_at")
    )


def last_poll(endpoint: Endpoint) -> FeedDay | None:
    """The day with the latest poll of an endpoint's feed; None if nobody has read it yet."""
    return FeedDay.objects.filter(token__endpoint=endpoint).order_by("-last_at").first()
