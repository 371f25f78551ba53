"""How the sending of a payload went after it was queued: dispatch and answer."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.diagnosis.answers import meaning
from integrations.diagnosis.steps import Explanation, Name, Step, in_order, passed, stopped, unknown
from integrations.diagnosis.unqueued import what_happened
from integrations.dispatch.models import Attempt
from integrations.endpoints.models import Endpoint
from integrations.endpoints.standing import Standing
from integrations.feed.models import FeedDay
from integrations.feed.queries import last_poll
from integrations.outbox.models import Payload
from integrations.types.definition import Occurrence


def of_payload(endpoint: Endpoint, occurrence: Occurrence, payload: Payload, now: Standing) -> Explanation:
    """The steps of an occurrence that was queued. It passed all those before the queue, or it would not be there."""
    before = (
        what_happened(occurrence),
        passed(Name.ENABLED, _("It was enabled then.")),
        passed(Name.TYPE, _("The endpoint received this event type then.")),
        passed(Name.HUBS, _("The endpoint received from these hubs then.")),
        passed(Name.RIGHTS, _("The person who set it up was allowed to see it then.")),
        passed(Name.QUEUE, _("Queued as number %(number)s.") % {"number": payload.number}),
    )
    attempts = list(payload.attempts.defer("answer").order_by("-ordinal"))
    is_delivered = any(attempt.outcome == Attempt.Outcome.DELIVERED for attempt in attempts)
    if not is_delivered and (poll := last_poll(endpoint)) is not None and poll.last_after >= payload.number:
        return Explanation(occurrence, in_order(*before, *_read_from_feed(poll)), payload)
    if not attempts:
        return Explanation(occurrence, in_order(*before, _waits(endpoint, now)), payload)
    sent = ngettext("Sent once.", "Sent %(number)s times.", len(attempts)) % {"number": len(attempts)}
    return Explanation(occurrence, in_order(*before, passed(Name.DISPATCH, sent), _answer(attempts)), payload)


def _read_from_feed(poll: FeedDay) -> tuple[Step, Step]:
    """The last steps of a payload that no attempt delivered, and that the receiver no longer asks the feed for."""
    return (
        passed(Name.DISPATCH, _("The receiver reads the feed itself, so nobody has to dispatch it.")),
        passed(
            Name.ANSWER,
            _(
                "The receiver has read it: its last poll of the feed asked only for what comes after number %(number)s."
            )
            % {"number": poll.last_after},
        ),
    )


def _waits(endpoint: Endpoint, now: Standing) -> Step:
    """Why a payload that was never sent is still in the queue."""
    text = _("It is in the queue: nobody has dispatched it yet.")
    if endpoint.removed_at is not None:
        return stopped(Name.DISPATCH, _("It was never sent, and the endpoint has been removed."))
    if not endpoint.is_enabled:
        return stopped(
            Name.DISPATCH, text, _("The endpoint is disabled. Enable it, then dispatch the payload.")
        )
    if now.is_paused:
        return stopped(
            Name.DISPATCH,
            text,
            " ".join([_("The endpoint is paused, so nothing is sent to it."), *now.reasons]),
            _("Give that person the right back, or let somebody else take over. Then dispatch the payload."),
        )
    return stopped(
        Name.DISPATCH, text, _("Dispatch it, or set a schedule. The receiver can also read it from the feed.")
    )


def _answer(attempts: Sequence[Attempt]) -> Step:
    """What came back, latest attempt first. What was delivered once has arrived, whatever a later attempt says."""
    last = attempts[0]
    delivered = next((each for each in attempts if each.outcome == Attempt.Outcome.DELIVERED), None)
    found = meaning(last)
    if delivered is not None and delivered is not last:
        return passed(
            Name.ANSWER, _("The receiver accepted an earlier attempt. The last one was not delivered.")
        )
    if delivered is not None:
        return passed(Name.ANSWER, found.happened)
    if last.outcome == Attempt.Outcome.FAILED:
        return stopped(Name.ANSWER, found.happened, *found.steps)
    return unknown(Name.ANSWER, found.happened, *found.steps)
