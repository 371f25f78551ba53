"""Random histories of one endpoint: whatever happens, a payload is sent once for each instruction that named it."""

from __future__ import annotations

import contextlib
import os
import random
from collections import Counter
from typing import Any

import pytest

from asora.kernel.refusals import Refusal
from integrations.dispatch.models import Attempt, Dispatch
from integrations.dispatch.plan import Chosen
from integrations.dispatch.running import dispatch
from integrations.endpoints.models import Endpoint
from integrations.outbound.faults import Fault
from integrations.outbound.request import Answer, Session
from integrations.outbox.models import Payload
from tests.factories import people
from tests.factories.dispatches import make_attempt_row, make_dispatch_row, make_receiving_endpoint
from tests.factories.payloads import numbers_in, queue_payloads

SEED = int(os.environ.get("ASORA_SEED", "20261128"))
STEPS = 40


class Crash(BaseException):
    """The end of a process in the midst of a request."""


class History:
    """One endpoint, a receiver that a die decides for, and what has to come of it."""

    def __init__(self, endpoint: Endpoint, act: Any, chance: random.Random) -> None:
        self.endpoint, self.act, self.chance = endpoint, act, chance
        self.posted: list[int] = []
        self.answers: dict[int, str] = {}
        self.instructed: Counter[int] = Counter()

    def post(self, _url: str, *, headers: Any, body: bytes) -> Answer:
        """The receiver: it accepts, refuses, does not answer, or the sender dies."""
        (number,) = numbers_in([body])
        self.posted.append(number)
        what = self.chance.choices(["delivered", "failed", "unknown"], weights=[8, 3, 1])[0]
        self.answers[number] = what
        if what == "unknown":
            raise Crash
        fault = None if what == "delivered" else self.chance.choice([Fault.STATUS, Fault.TIMEOUT])
        return Answer(status=200 if fault is None else 500, first_kilobyte=b"", duration_ms=1, fault=fault)

    def step(self) -> None:
        """Queue some, send some, send again, or find a dispatch whose sender was killed."""
        match self.chance.choice(["queue", "all", "one", "again", "chosen", "killed", "stale"]):
            case "queue":
                queue_payloads(self.endpoint, self.chance.randint(1, 4))
            case "all":
                self.send("all", self.rows(state="queued"), named=[])
            case "one" | "chosen" as kind:
                some = self.some(self.rows(state="queued"), most=1 if kind == "one" else 3)
                self.send(kind, some, named=some)
            case "again":
                some = self.some(self.rows().exclude(state="queued"), most=3)
                self.send("again", some, named=some)
            case "killed":
                self.killed()
            case "stale":
                some = self.some(self.rows(), most=2)
                self.refused(some)

    def rows(self, **lookup: Any) -> Any:
        return Payload.objects.filter(endpoint=self.endpoint, **lookup).order_by("number")

    def some(self, rows: Any, *, most: int) -> list[Payload]:
        found = list(rows)
        return self.chance.sample(found, min(len(found), self.chance.randint(1, most)))

    def send(self, kind: str, payloads: Any, *, named: list[Payload]) -> None:
        expected = sorted(payload.number for payload in payloads)
        if not expected:
            return
        chosen = [Chosen(payload.pk, payload.attempts.count()) for payload in named]
        before = len(self.posted)
        with contextlib.suppress(Crash):
            dispatch(self.act, endpoint=self.endpoint, kind=kind, chosen=chosen)
        sent = self.posted[before:]
        assert sent == expected[: len(sent)], "in order, from the first one"
        assert len(sent) == len(expected) or self.answers[sent[-1]] == "unknown", "only a crash ends it early"
        self.instructed.update(sent)

    def refused(self, payloads: list[Payload]) -> None:
        """A page that is out of date: one attempt more or less than there are."""
        chosen = [Chosen(one.pk, one.attempts.count() + self.chance.choice([1, 2])) for one in payloads]
        if not chosen:
            return
        before = len(self.posted)
        with pytest.raises(Refusal):
            dispatch(self.act, endpoint=self.endpoint, kind="again", chosen=chosen)
        assert len(self.posted) == before

    def killed(self) -> None:
        """A sender that was killed after its claim: the next dispatch finds it."""
        left = self.some(self.rows(), most=1)
        if left and not Dispatch.objects.filter(endpoint=self.endpoint, finished_at=None).exists():
            make_attempt_row(make_dispatch_row(self.endpoint), left[0])
            self.answers[left[0].number] = "unknown"

    def check(self) -> None:
        """What the rows say is what happened."""
        queue_payloads(self.endpoint, 1)
        self.send("all", self.rows(state="queued"), named=[])  # which closes what a killed sender left
        assert Counter(self.posted) == self.instructed
        for payload in self.rows():
            attempts = list(payload.attempts.order_by("ordinal"))
            assert [attempt.ordinal for attempt in attempts] == list(range(1, len(attempts) + 1))
            assert payload.state == (attempts[-1].outcome if attempts else "queued")
            assert payload.state == self.answers.get(payload.number, "queued")
            assert len(attempts) >= self.instructed[payload.number]
        for done in Dispatch.objects.filter(endpoint=self.endpoint):
            outcomes = Counter(done.attempts.values_list("outcome", flat=True))
            assert (done.delivered, done.failed, done.unknown) == tuple(
                outcomes[outcome] for outcome in Attempt.Outcome.values
            )
            assert done.finished_at is not None


@pytest.mark.parametrize("seed", range(SEED, SEED + 5))
def test_a_payload_is_sent_once_for_each_instruction(
    acacia: Any, act_as: Any, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    endpoint = make_receiving_endpoint("https://receiver.example/", people.person("owner", acacia).ref)
    history = History(endpoint, act_as("manager"), random.Random(seed))
    monkeypatch.setattr(Session, "post", history.post)
    for _step in range(STEPS):
        history.step()
    history.check()
    assert len(history.posted) > STEPS / 4
