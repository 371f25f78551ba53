"""The demo's endpoints and their past: deliveries, failures, a payload that was sent again, a rotated secret.

Nothing leaves this machine: the chapters pretend what the other systems answered.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

from django.utils import timezone

from asora.accounts.models import User
from asora.accounts.sign_in.queries import actor_of
from asora.demo.story import Chapter, Story
from asora.kernel.act import Act, new_act
from integrations.dispatch.models import Dispatch
from integrations.dispatch.plan import Chosen
from integrations.dispatch.running import dispatch
from integrations.endpoints.actions import create_endpoint, disable_endpoint, rotate_secret
from integrations.endpoints.models import Endpoint
from integrations.feed.actions import issue_token
from integrations.outbound import request
from integrations.outbound.faults import Fault
from integrations.outbound.request import Answer
from integrations.outbox.models import Payload
from plans import catalogue

SHOP, BOOKS, OLD = "Web shop", "Accounting", "Old ERP"
ENDPOINTS: Mapping[str, tuple[str, Sequence[str]]] = {
    SHOP: (
        "https://shop.partner.example/hooks/asora",
        (
            "inventory.posting.receipt.v1",
            "inventory.posting.issue.v1",
            "inventory.posting.transfer.v1",
            "inventory.posting.reversal.v1",
            "inventory.stock.low.v1",
        ),
    ),
    BOOKS: (
        "https://books.partner.example/inbox?source=asora",
        (
            "inventory.posting.receipt.v1",
            "inventory.posting.adjustment.v1",
            "inventory.posting.reversal.v1",
            "inventory.count.approved.v1",
            "inventory.export.made.v1",
        ),
    ),
    OLD: ("https://erp.partner.example/asora", ("inventory.posting.receipt.v1",)),
}
ACCEPTED = Answer(status=202, first_kilobyte=b'{"accepted":true}', duration_ms=84, fault=None)
BROKEN = Answer(status=503, first_kilobyte=b"The shop is being updated.", duration_ms=112, fault=Fault.STATUS)
SLOW = Answer(status=None, first_kilobyte=b"", duration_ms=5001, fault=Fault.TIMEOUT)
EXPIRED = Answer(status=None, first_kilobyte=b"", duration_ms=61, fault=Fault.TLS_EXPIRED)


def chapters(story: Story) -> Iterator[Chapter]:
    """All chapters of the endpoints, each on its day; none if the plan includes no endpoints."""
    limit = catalogue.ceiling(plan=story.tenant.plan, resource="integrations")
    if limit is not None and limit < len(ENDPOINTS):
        return

    def at(percent: int, hour: int, tell: Any, *given: Any) -> Chapter:
        day = story.today - timedelta(days=story.days - percent * story.days // 100)
        return Chapter(min(day, story.today - timedelta(days=1)), hour, partial(tell, story, *given))

    yield at(62, 7, _set_up, SHOP)
    yield at(63, 7, _set_up, OLD)
    yield at(66, 16, _send, SHOP, [ACCEPTED])
    yield at(70, 7, _set_up, BOOKS)
    yield at(74, 16, _disable, OLD)
    yield at(78, 16, _send, SHOP, [ACCEPTED, BROKEN, SLOW, ACCEPTED])
    yield at(79, 9, _send_again, SHOP)
    yield at(84, 9, _rotate, SHOP)
    yield at(86, 16, _send, BOOKS, [ACCEPTED])
    yield at(88, 9, _issue_token, SHOP)
    yield at(94, 17, _send, SHOP, [ACCEPTED])
    yield at(98, 17, _send, BOOKS, [EXPIRED])


@dataclass(slots=True)
class PretendedSession:
    """Answers in turn what the other system is supposed to have answered."""

    answers: Sequence[Answer]
    sent: int = 0

    def post(self, _url: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        """The next answer. The last one is repeated."""
        self.sent += 1
        return self.answers[(self.sent - 1) % len(self.answers)]


@contextlib.contextmanager
def _answering(answers: Sequence[Answer]) -> Iterator[None]:
    def session() -> contextlib.AbstractContextManager[PretendedSession]:
        return contextlib.nullcontext(PretendedSession(answers))

    with mock.patch.object(request, "session", session):
        yield


def _owner(story: Story) -> Act:
    """An act of the owner, who has just confirmed who they are."""
    owner = User.objects.get(role="owner")
    return new_act(story.tenant, actor_of(owner, proved=timezone.now()), route="manage.py serve")


def _set_up(story: Story, name: str) -> None:
    url, event_types = ENDPOINTS[name]
    create_endpoint(
        _owner(story),
        name=name,
        url=url,
        event_types=event_types,
        hubs=None,
        with_values=name == BOOKS,
        is_enabled=True,
    )


def _send(story: Story, name: str, answers: Sequence[Answer]) -> None:
    endpoint = Endpoint.objects.get(name=name)
    if Payload.objects.filter(endpoint=endpoint, state=Payload.State.QUEUED).exists():
        with _answering(answers):
            dispatch(_owner(story), endpoint=endpoint, kind=Dispatch.Kind.ALL)


def _send_again(story: Story, name: str) -> None:
    """Send the first payload that failed once more. Later ones stay as they are."""
    endpoint = Endpoint.objects.get(name=name)
    failed = Payload.objects.filter(endpoint=endpoint, state=Payload.State.FAILED).order_by("number").first()
    if failed is not None:
        with _answering([ACCEPTED]):
            dispatch(
                _owner(story),
                endpoint=endpoint,
                kind=Dispatch.Kind.AGAIN,
                chosen=[Chosen(failed.pk, seen=failed.attempts.count())],
            )


def _rotate(story: Story, name: str) -> None:
    rotate_secret(_owner(story), endpoint=Endpoint.objects.get(name=name))


def _disable(story: Story, name: str) -> None:
    disable_endpoint(_owner(story), endpoint=Endpoint.objects.get(name=name))


def _issue_token(story: Story, name: str) -> None:
    issue_token(_owner(story), endpoint=Endpoint.objects.get(name=name))
