"""How the sending of a payload went after it was queued: dispatch and answer."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.diagnosis.answers import meaning
from integrations.diagnosis.steps import Explanation, Name, Step, in_order, passed, stopped, unknown
from integrations.diagnosis.unqueued import what_happened
from integrations.dispatch.models import Attempt
from integrations.endpoints.models import Endpoint
from integrations.endpoints.standing import Standing
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
    if not attempts:
        return Explanation(occurrence, in_order(*before, _waits(endpoint, now)), payload)
    sent = ngettext("Sent once.", "Sent %(number)s times.", len(attempts)) % {"number": len(attempts)}
    return Explanation(
        occurrence, in_order(*before, passed(Name.DISPATCH, sent), _answer(attempts[0])), payload
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


def _answer(attempt: Attempt) -> Step:
    found = meaning(attempt)
    if attempt.outcome == Attempt.Outcome.DELIVERED:
        return passed(Name.ANSWER, found.happened)
    if attempt.outcome == Attempt.Outcome.FAILED:
        return stopped(Name.ANSWER, found.happened, *found.steps)
    return unknown(Name.ANSWER, found.happened, *found.steps)
