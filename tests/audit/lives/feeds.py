"""The feed of an endpoint: its token, and the first poll of a day."""

from __future__ import annotations

from dataclasses import replace

from django.utils import timezone

from integrations.feed.actions import first_poll, issue_token, reader, revoke_token, rotate_token
from integrations.feed.models import FeedToken
from tests.audit.verdicts.company import Company
from tests.factories.payloads import make_endpoint_row

FEED = {
    "integrations.feed.issue_token",
    "integrations.feed.rotate_token",
    "integrations.feed.revoke_token",
    "integrations.feed.read",
}


def feed(company: Company) -> None:
    endpoint = make_endpoint_row(maker=company.owner.actor.ref)
    issue_token(company.owner, endpoint=endpoint)
    old = FeedToken.objects.get(endpoint=endpoint)
    program = replace(company.owner, actor=reader(old, schema=company.owner.actor.schema))
    first_poll(program, feed_token=old, at=timezone.now(), after=0, payloads=0)
    rotate_token(company.owner, feed_token=old)
    revoke_token(company.owner, feed_token=old)
