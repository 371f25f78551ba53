"""Sending: one payload after the other, each committed as being sent before the request and with its outcome after it.

A payload that fails does not hold up later ones, and nothing is sent again by itself. Between two payloads the sender
looks whether it may go on: freeze, endpoint, the rights of its maker and of the person who dispatches.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import NoReturn
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from asora.jobs import stopping
from asora.kernel import binding, progress
from asora.kernel.act import Act
from asora.kernel.database_errors import is_retried
from asora.kernel.permissions import Permission
from asora.kernel.plugs import plug
from asora.kernel.refusals import Refusal
from integrations.dispatch import answers, transitions
from integrations.dispatch.models import Attempt, Dispatch
from integrations.dispatch.plan import Plan
from integrations.dispatch.transitions import Allowed, Claim, Result
from integrations.endpoints.models import Endpoint
from integrations.endpoints.secrets import signing_secrets
from integrations.endpoints.standing import standing
from integrations.outbound import request
from integrations.signatures import keys, signing

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
CutShort = Dispatch.CutShort
#: Seconds between two looks at rights; the freeze and the endpoint are looked at before each payload.
LOOK_AGAIN = 1.0
#: How often the outcome of an attempt is written again if the database is away, and the seconds in between.
PATIENCE, PAUSE = 20, 0.5
ATTEMPTS = 4  # of one transaction that ends in a deadlock

ENDPOINT = """
SELECT e.url, e.is_enabled, e.removed_at IS NOT NULL, e.version,
       ARRAY(SELECT s.id FROM integrations_endpointsecret s
             WHERE s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > %(now)s) ORDER BY s.id)
FROM integrations_endpoint e WHERE e.id = %(endpoint)s
"""


class Stop(Exception):
    """The sender may not go on."""

    def __init__(self, why: Dispatch.CutShort) -> None:
        self.why = why
        super().__init__(why)


def send(act: Act, plan: Plan) -> str:
    """Send what a plan names. Returns why it ended early (`Dispatch.CutShort`), or an empty text.

    Never raises for anything that a receiver does. If the database is lost for longer than a few seconds, the error
    is raised, and the attempt under way is found later and recorded as unknown.
    """
    with request.session() as session:
        return _Sending(act, plan, session).run()


@dataclass(slots=True)
class _Address:
    """Where to send, and with which secrets, as of the present transaction."""

    url: str = field(default="", repr=False)
    version: int = 0
    secret_ids: tuple[UUID, ...] = ()
    secrets: tuple[bytes, ...] = field(default=(), repr=False)


class _Sending:
    def __init__(self, act: Act, plan: Plan, session: request.Session) -> None:
        self._act = act
        self._plan = plan
        self._session = session
        self._keys = keys.webhook_keys(schema=binding.schema_name())
        self._address = _Address()
        self._allowed = Allowed(hubs=(), sees_values=False)
        self._looked = float("-inf")
        self._is_test = plan.dispatch.kind == Dispatch.Kind.TEST
        self._after, self._index = plan.after, 0

    def run(self) -> str:
        """Send one after the other until nothing is left."""
        result: Result | None = None
        done = 0
        try:
            while True:
                self._report(done, result)
                claim = self._advance(result)
                if claim is None:
                    return ""
                result = self._attempt(claim)
                done += 1
        except Stop as stop:
            return stop.why

    def _report(self, done: int, result: Result | None) -> None:
        """Report the progress. If its listener lost the database, stop without losing the outcome. Raises Stop."""
        try:
            progress.at("sending", done, self._plan.dispatch.amount)
        except (OperationalError, InterfaceError) as error:
            log.exception("a dispatch was stopped by the database", dispatch=str(self._plan.dispatch.pk))
            self._stop_after_loss(result, error)

    def _advance(self, result: Result | None) -> Claim | None:
        """Write the outcome of the last attempt and claim the next payload. None: nothing is left. Raises Stop."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._step(result)
            except (OperationalError, InterfaceError) as error:
                if isinstance(error, InterfaceError) or not is_retried(error) or attempt == ATTEMPTS:
                    log.exception(
                        "a dispatch was stopped by the database", dispatch=str(self._plan.dispatch.pk)
                    )
                    self._stop_after_loss(result, error)
        raise AssertionError("unreachable")

    def _step(self, result: Result | None) -> Claim | None:
        stop: Stop | None = None
        claim: Claim | None = None
        with transaction.atomic(durable=True):
            if result is not None:
                transitions.record(result)
            try:
                self._look()
            except Stop as found:
                stop = found  # the outcome is committed all the same
            else:
                claim, index = self._claim()
        if stop is not None:
            raise stop
        if claim is not None:
            self._after, self._index = claim.number, index
        return claim

    def _claim(self) -> tuple[Claim | None, int]:
        """The next payload, and the index of the chosen one after it."""
        if not self._plan.chosen:
            return transitions.claim_queued(self._plan, after=self._after, allowed=self._allowed), 0
        for index in range(self._index, len(self._plan.chosen)):
            claim = transitions.claim_chosen(self._plan, self._plan.chosen[index], allowed=self._allowed)
            if claim is not None:
                return claim, index + 1
        return None, 0

    def _look(self) -> None:
        """Look whether the sender may go on, as of this transaction. Raises Stop."""
        if stopping.has_begun():
            raise Stop(CutShort.INTERRUPTED)
        try:
            plug("freezes")(self._act, binding=True)
        except Refusal as refusal:
            raise Stop(CutShort.FROZEN) from refusal
        with connection.cursor() as cursor:
            cursor.execute(ENDPOINT, {"endpoint": self._plan.dispatch.endpoint_id, "now": timezone.now()})
            url, is_enabled, is_removed, version, secret_ids = cursor.fetchone()
        if is_removed or not (is_enabled or self._is_test):
            raise Stop(CutShort.DISABLED)
        is_changed = (version, tuple(secret_ids)) != (self._address.version, self._address.secret_ids)
        if is_changed:
            secrets = tuple(signing_secrets(self._plan.dispatch.endpoint))
            self._address = _Address(url, version, tuple(secret_ids), secrets)
        if is_changed or time.monotonic() - self._looked > LOOK_AGAIN:
            self._look_at_rights()
            self._looked = time.monotonic()

    def _look_at_rights(self) -> None:
        try:
            present = plug("rights")(self._act)
        except Refusal as refusal:
            raise Stop(CutShort.RIGHTS) from refusal
        if not present.actor.may(Permission.INTEGRATIONS_DISPATCH):
            raise Stop(CutShort.RIGHTS)
        maker = standing(Endpoint.everything.get(pk=self._plan.dispatch.endpoint_id))
        if maker.is_paused and not self._is_test:
            raise Stop(CutShort.PAUSED)
        self._allowed = Allowed(hubs=maker.hubs, sees_values=maker.sees_values)

    def _attempt(self, claim: Claim) -> Result:
        """Sign and send, once."""
        secrets = self._address.secrets
        signed = signing.headers(
            secrets, self._keys, event_id=claim.event_id, moment=timezone.now(), body=claim.body
        )
        answer = self._session.post(
            self._address.url, headers={"content-type": CONTENT_TYPE, **signed}, body=claim.body
        )
        return Result(
            attempt=claim.attempt,
            outcome=Attempt.Outcome.FAILED if answer.fault else Attempt.Outcome.DELIVERED,
            http_status=answer.status,
            fault=str(answer.fault or ""),
            duration_ms=answer.duration_ms,
            answer=answers.kept(answer.text, secrets=secrets),
            finished_at=timezone.now(),
        )

    def _stop_after_loss(self, result: Result | None, lost: Exception) -> NoReturn:
        """Write the outcome of the last attempt when the database is back, then stop.

        The lock of the sender may be gone, so nothing more is claimed. Raises Stop, or the error if the database
        stays away: then the attempt is found later and recorded as unknown.
        """
        for _again in range(PATIENCE):
            try:
                with transaction.atomic(durable=True):
                    if result is not None:
                        transitions.record(result)
                plug("freezes")(self._act, binding=False)
            except Refusal as refusal:
                raise Stop(CutShort.FROZEN) from refusal
            except (OperationalError, InterfaceError):
                connection.close()
                time.sleep(PAUSE)
            else:
                raise Stop(CutShort.INTERRUPTED)
        raise lost
